# The folder of one set of servers: made by a start, removed by a stop.
# shellcheck shell=bash

# start_servers DIR DURABLE HOLDER [DISK]. Whoever calls this stops them, also after a failure.
start_servers() {
    local dir=$1 durable=$2 holder=$3 disk=${4:-} mask
    postgres_bin >/dev/null || fail "no PostgreSQL 15 or later: run dev/install"
    (umask 022 && mkdir -p "${dir%/*}")
    mask=$(umask)
    # The folder holds passwords.
    umask 077
    mkdir "$dir"
    echo "$holder" >"$dir/holder"
    [ -z "$disk" ] || echo "$disk" >"$dir/postgres.disk"
    make_postgres_home "$dir"
    initialise_postgres "$dir" "$durable"
    start_server "$dir" postgres
    start_server "$dir" redis
    start_server "$dir" nats
    prepare_database "$dir"
    write_env "$dir"
    umask "$mask"
}

write_env() {
    local dir=$1
    cat >"$dir/env" <<ENV
SERVERS_DIR=$dir
DATABASE_SUPERUSER_URL=$(postgres_url "$dir" postgres portal)
DATABASE_OWNER_URL=$(postgres_url "$dir" portal_owner portal)
DATABASE_URL=$(postgres_url "$dir" portal_app portal)
DATABASE_JOURNAL_URL=$(postgres_url "$dir" portal_journal portal)
DATABASE_WORKER_URL=$(postgres_url "$dir" portal_worker portal)
REDIS_URL=redis://127.0.0.1:$(cat "$dir/redis.port")
NATS_URL=nats://127.0.0.1:$(cat "$dir/nats.port")
ENV
}

# read_env DIR: exports what write_env wrote.
read_env() {
    set -a
    # shellcheck source=/dev/null
    . "$1/env"
    set +a
}

# stop_servers DIR: ends all that was launched in it, and removes it.
stop_servers() {
    local dir=$1
    [ -d "$dir" ] || return 0
    # Everything in the folder is removed, so it has to be one of ours.
    [ -f "$dir/holder" ] || fail "$dir was not made by dev/servers"
    # Longer than the service takes to finish its requests.
    end_process "$dir/service.pid" TERM 45
    end_process "$dir/sandbox.pid"
    end_process "$dir/keycloak.pid" TERM 20
    end_process "$dir/hapi.pid"
    end_process "$dir/nats.pid"
    end_process "$dir/redis.pid"
    # INT is PostgreSQL's fast shutdown; TERM would wait for its clients to leave.
    end_process "$dir/postgres.pid" INT
    remove_postgres "$dir"
    rm -rf "$dir"
}

# sweep_servers [ALL]: stops the sets in .local/run whose holder has gone, or all.
sweep_servers() {
    local holder
    for holder in "$RUN"/*/holder; do
        [ -f "$holder" ] || continue
        if [ -n "${1:-}" ] || forsaken "$holder"; then
            say "Stopping what was left in ${holder%/holder}"
            (stop_servers "${holder%/holder}") || true
        fi
    done
}

# Succeeds when the process that the servers were started for is known, and gone.
forsaken() {
    local pid=''
    read -r pid <"$1" || true
    [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null
}
