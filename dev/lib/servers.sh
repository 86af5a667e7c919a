# Starting Redis and NATS, and what all servers have in common.
# shellcheck shell=bash

# launch DIR NAME MARK COMMAND...: starts a program in a process group of its own, so that
# Ctrl-C reaches the scripts and not it. Its output goes to DIR/NAME.log.
launch() {
    local dir=$1 name=$2 mark=$3 pid
    shift 3
    set -m
    (cd / && exec "$@") </dev/null >>"$dir/$name.log" 2>&1 &
    pid=$!
    set +m
    write_pid "$dir/$name.pid" "$pid" "$mark"
    # Until then the process is still a copy of this shell.
    wait_until 5 appeared "$dir/$name.pid" "$pid" || true
}

appeared() { lives "$1" || ! kill -0 "$2" 2>/dev/null; }

launch_redis() {
    mkdir -p "$1/redis"
    launch "$1" redis "$1/redis" redis-server --bind 127.0.0.1 --port "$2" --dir "$1/redis" \
        --set-proc-title no --save '' --appendonly no --maxmemory-policy volatile-ttl
}

redis_ready() {
    local pid
    read -r pid <"$1/redis.pid"
    redis-cli -h 127.0.0.1 -p "$2" INFO server 2>/dev/null | tr -d '\r' | grep -qx "process_id:$pid"
}

launch_nats() {
    mkdir -p "$1/nats"
    launch "$1" nats "$1/nats" nats-server --addr 127.0.0.1 --port "$2" \
        --jetstream --store_dir "$1/nats" --ports_file_dir "$1"
}

nats_ready() {
    local pid
    read -r pid <"$1/nats.pid"
    [ -s "$1/nats-server_$pid.ports" ]
}

# settled DIR NAME PORT: ready, or ended.
settled() { "$2_ready" "$1" "$3" || ended "$1/$2.pid"; }

# start_at DIR NAME PORT: succeeds once the server answers at the port, within START_SECONDS.
start_at() {
    local dir=$1 name=$2 port=$3
    "launch_$name" "$dir" "$port"
    if wait_until "${START_SECONDS:-30}" settled "$dir" "$name" "$port" && lives "$dir/$name.pid"; then
        echo "$port" >"$dir/$name.port"
    else
        end_process "$dir/$name.pid" KILL
        return 1
    fi
}

# start_server DIR NAME: at a free port; when somebody else was quicker to take it, at another.
start_server() {
    local dir=$1 name=$2 port attempt
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        port=$(free_port)
        ! start_at "$dir" "$name" "$port" || return 0
        port_taken "$port" || break
    done
    fail "$name did not start (attempt $attempt): $(tail -n 5 "$dir/$name.log")"
}
