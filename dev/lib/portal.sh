# Building and starting the portal and the sandbox, for scripts with `dir`, their folder in
# .local/run, in which they started servers.
# shellcheck shell=bash

# The process group of what runs beside them, if any.
child=

# build [SELECTION...]: the programs of the portal and the sandbox, as part of a larger selection if
# there is one. Sets `programs`, where they are.
build() {
    cd "$ROOT"
    [ "$#" -gt 0 ] || set -- --package portal --bin patient-portal --package portal-sandbox --bin portal-sandbox
    cargo build "$@"
    programs=$(cd "${CARGO_TARGET_DIR:-target}/debug" && pwd -P)
}

# died NAME: says what a program that should be running wrote last.
died() { fail "$1 ended: $(tail -n 20 "$dir/$1.log")"; }

sandbox_settled() { [ "$(wc -l <"$dir/sandbox.json")" -ge 1 ] || ended "$dir/sandbox.pid"; }

# start_sandbox [OPTION...]
start_sandbox() {
    : >"$dir/sandbox.json"
    # Its standard output is the one line that says where it is; the rest is its log.
    # shellcheck disable=SC2016 # expanded by the inner shell
    launch "$dir" sandbox "$programs/portal-sandbox" sh -c 'exec "$@" >"$0"' \
        "$dir/sandbox.json" "$programs/portal-sandbox" --address 127.0.0.1:0 "$@"
    wait_until 120 sandbox_settled || fail "the sandbox is not ready after two minutes"
    lives "$dir/sandbox.pid" || died sandbox
}

source_url() { field "$1" <"$dir/sandbox.json"; }

# Settings as `.env.example` explains them, but for who issues tokens and where the service is.
configure_service() {
    read_env "$dir"
    # The service refuses to know it.
    unset DATABASE_SUPERUSER_URL SERVERS_DIR
    export PORTAL_PROFILE=development REGION=local PORTAL_AUDIENCE=patient-portal
    local source name
    for source in registration scheduling laboratory radiology medication claims immunizations \
        patient-chart documents communication provider-directory; do
        name=$(printf '%s_URL' "$source" | tr 'a-z-' 'A-Z_')
        export "$name=$(source_url "$source")"
    done
    KEY_RING=run:$(date -u +%Y-%m-%d):$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')
    export KEY_RING
}

configure_addresses() {
    local port
    port=$(free_port)
    export HTTP_ADDR=127.0.0.1:$port PUBLIC_URL=http://127.0.0.1:$port
    INTERNAL_ADDR=127.0.0.1:$(free_port)
    ADMIN_ADDR=127.0.0.1:$(free_port)
    export INTERNAL_ADDR ADMIN_ADDR
}

# import_people: the lines of people.ndjson, into a fresh database.
import_people() {
    "$programs/patient-portal" migrate >"$dir/migrate.log" 2>&1 || died migrate
    "$programs/patient-portal" import "$dir/people.ndjson" >"$dir/import.log" 2>&1 || died import
}

service_ready() { curl --silent --fail --max-time 2 --output /dev/null "http://$HTTP_ADDR/health/ready"; }

service_settled() { service_ready || ended "$dir/service.pid"; }

address_taken() {
    port_taken "${HTTP_ADDR##*:}" || port_taken "${INTERNAL_ADDR##*:}" || port_taken "${ADMIN_ADDR##*:}"
}

# Again at other ports when somebody else was quicker to take one.
start_service() {
    local attempt
    for attempt in 1 2 3 4 5; do
        launch "$dir" service "$programs/patient-portal" "$programs/patient-portal" serve
        wait_until 60 service_settled || fail "not ready after a minute: $(tail -n 20 "$dir/service.log")"
        ! lives "$dir/service.pid" || return 0
        address_taken || break
        configure_addresses
    done
    died service
}

# shellcheck disable=SC2329 # called by a trap
finish() {
    local status=$?
    trap '' INT TERM HUP PIPE
    [ ! -d "$dir" ] || say "Stopping"
    [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
    [ -z "$child" ] || wait "$child" 2>/dev/null || true
    stop_servers "$dir"
    exit "$status"
}

# Whatever ends the script ends all that it started. Its folder holds tokens and keys.
stop_at_the_end() {
    trap finish EXIT
    # Whatever ends this without a word of its own is named.
    set -o errtrace
    trap 'say "failed: $BASH_COMMAND (${FUNCNAME[0]:-main}, line $LINENO)"' ERR
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP PIPE
    umask 077
}
