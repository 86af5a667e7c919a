# A private PostgreSQL.
# shellcheck shell=bash

# The folder of the newest server programs, version 15 or later.
postgres_bin() {
    local folder best='' newest=14 version
    for folder in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] || continue
        version=$("$folder/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        if [ "$version" -gt "$newest" ]; then
            newest=$version best=$folder
        fi
    done
    [ -n "$best" ] && echo "$best"
}

# What to put before a command so that it runs as the user of PostgreSQL, which refuses to run
# as root. Both programs become the command, so the process's number is the server's own.
AS_POSTGRES=(env)
POSTGRES_USER=$(id -un)
if [ "$(id -u)" = 0 ]; then
    POSTGRES_USER=postgres
    id postgres >/dev/null 2>&1 || POSTGRES_USER=nobody
    AS_POSTGRES=(setpriv "--reuid=$POSTGRES_USER" "--regid=$(id -g "$POSTGRES_USER")"
        --clear-groups env HOME=/)
fi

# postgres_home DIR: where the server's files are. Root's clone may lie where the other user
# cannot go; then they are in a folder of their own, whose name is kept in DIR.
postgres_home() { cat "$1/postgres.home"; }

make_postgres_home() {
    local dir=$1 home=$1/postgres
    echo "$home" >"$dir/postgres.home"
    mkdir "$home"
    [ "$(id -u)" = 0 ] || return 0
    chmod 711 "$dir"
    chown "$POSTGRES_USER" "$home"
    if "${AS_POSTGRES[@]}" test -w "$home"; then return 0; fi
    home=/tmp/patient-portal-postgres.$(random_hex 8)
    # Named before it exists: an interrupted start leaves nothing that a stop does not find.
    echo "$home" >"$dir/postgres.home"
    mkdir "$home"
    chown "$POSTGRES_USER" "$home"
    say "User $POSTGRES_USER cannot reach $dir: PostgreSQL's files are in $home until it stops"
}

# initialise_postgres DIR DURABLE: a fresh cluster with one superuser, reached by password only.
initialise_postgres() {
    local dir=$1 durable=$2 home
    home=$(postgres_home "$dir")
    random_hex 24 >"$dir/password"
    "${AS_POSTGRES[@]}" tee "$home/password" <"$dir/password" >/dev/null
    # From a folder into which PostgreSQL's user may go.
    # The log is elsewhere than on a small disk, as it should be: without room for it PostgreSQL ends.
    (cd / && "${AS_POSTGRES[@]}" "$(postgres_bin)/initdb" --pgdata="$home/data" --waldir="$home/wal" \
        --username=postgres --pwfile="$home/password" --auth=password --encoding=UTF8 \
        --locale=C --no-sync) >"$dir/initdb.log" 2>&1 ||
        fail "initdb failed: $(tail -n 5 "$dir/initdb.log")"
    echo 'host all all 127.0.0.1/32 password' |
        "${AS_POSTGRES[@]}" tee "$home/data/pg_hba.conf" >/dev/null
    postgres_settings "$durable" |
        "${AS_POSTGRES[@]}" tee -a "$home/data/postgresql.conf" >/dev/null
}

# Shared memory is a file of the data folder, so that a killed server leaves none elsewhere.
postgres_settings() {
    printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" \
        'max_connections = 300' 'shared_buffers = 128MB' 'dynamic_shared_memory_type = mmap' \
        'timezone = UTC' 'log_timezone = UTC'
    [ -n "$1" ] || printf '%s = off\n' fsync full_page_writes synchronous_commit
}

launch_postgres() {
    local dir=$1 port=$2 home
    home=$(postgres_home "$dir")
    local server=("$(postgres_bin)/postgres" -D "$home/data" -p "$port")
    if [ -f "$dir/postgres.disk" ]; then
        server=("${ON_SMALL_DISK[@]}" "$home/data" "$(cat "$dir/postgres.disk")" "${server[@]}")
    fi
    launch "$dir" postgres "$home/data" "${AS_POSTGRES[@]}" "${server[@]}"
}

# Before DIR, SIZE and a command: what DIR holds is on a file system of SIZE that only the command
# sees; who writes to its file `ballast` takes the room from it. It is mounted by the root of a user namespace, which PostgreSQL refuses to be, so the
# command is itself again in a second one.
# shellcheck disable=SC2016 # the inner shell's own
ON_SMALL_DISK=(unshare --user --map-root-user --mount bash -euc '
    dir=$1 size=$2
    shift 2
    [ -d "$dir.initial" ] || cp -a "$dir" "$dir.initial"
    mount -t tmpfs -o "size=$size,mode=700" tmpfs "$dir"
    cp -a "$dir.initial/." "$dir"
    touch "$dir/ballast"
    exec unshare --user --map-user=1000 --map-group=1000 "$@"' bash)

# The server's own word, so that no other server at the port, and no note that a killed one
# left, can be taken for it.
postgres_ready() {
    local pid view=''
    read -r pid <"$1/postgres.pid"
    [ ! -f "$1/postgres.disk" ] || view=/proc/$pid/root
    [ "$(sed -n '1p;8p' "$view$(postgres_home "$1")/data/postmaster.pid" 2>/dev/null | tr -d ' \n')" = "${pid}ready" ]
}

# postgres_url DIR LOGIN DATABASE
postgres_url() { echo "postgres://$2:$(cat "$1/password")@127.0.0.1:$(cat "$1/postgres.port")/$3"; }

# Makes the logins of dev/roles.sql, and the database.
prepare_database() {
    local dir=$1 password
    password=$(cat "$dir/password")
    PGPASSWORD=$password LOGIN_PASSWORD=$password "$(postgres_bin)/psql" --no-psqlrc --quiet \
        --set=ON_ERROR_STOP=1 --file="$ROOT/dev/roles.sql" --host=127.0.0.1 \
        --port="$(cat "$dir/postgres.port")" --username=postgres postgres \
        >"$dir/roles.log" 2>&1 || fail "roles.sql failed: $(tail -n 5 "$dir/roles.log")"
}

remove_postgres() {
    [ -f "$1/postgres.home" ] || return 0
    rm -rf "$(postgres_home "$1")"
}
