# Shared by the scripts of this folder. Bash 3.2 is enough, since that is what macOS has.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# What the other scripts start lives in here, and nowhere else.
RUN=$ROOT/.local/run
# Debian keeps server programs where an ordinary user's PATH does not look.
PATH=$ROOT/.local/tools/bin:$PATH:/usr/local/sbin:/usr/sbin
export PATH

# Never a reason to end: whoever stops things may have lost its terminal.
say() { printf '%s\n' "$*" >&2 || true; }

fail() {
    say "${0##*/}: $*"
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# random_hex BYTES
random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Succeeds when somebody on the loopback answers at the port.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port at which nobody answers. It lies below the ports that systems give to outgoing
# connections; whoever binds it must still be ready to lose it to somebody else.
free_port() {
    local port
    while :; do
        port=$((20000 + ($(od -An -N 2 -tu2 /dev/urandom)) % 12000))
        port_taken "$port" || break
    done
    echo "$port"
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# The words with which a process was started; nothing for one that has ended.
command_line() {
    if [ -d /proc/self ]; then
        { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null || true
    else
        ps -ww -o args= -p "$1" 2>/dev/null || true
    fi
}

# write_pid FILE PID MARK: the mark is part of the command line. It tells the process from
# one that got the same number later.
write_pid() { printf '%s\n%s\n' "$2" "$3" >"$1"; }

# Succeeds while the process of a pid file lives.
lives() {
    local pid mark
    [ -f "$1" ] || return 1
    { read -r pid && read -r mark; } <"$1" || return 1
    case $(command_line "$pid") in *"$mark"*) true ;; *) false ;; esac
}

ended() { ! lives "$1"; }

# end_process FILE [SIGNAL [SECONDS]]: asks the process to end and, when it does not, ends it.
end_process() {
    local file=$1 signal=${2:-TERM} seconds=${3:-10} pid
    if lives "$file"; then
        read -r pid <"$file"
        kill "-$signal" "$pid" 2>/dev/null || true
        # A stopped process hears nothing else.
        kill -CONT "$pid" 2>/dev/null || true
        wait_until "$seconds" ended "$file" || kill -KILL "$pid" 2>/dev/null || true
        wait_until 5 ended "$file" || fail "process $pid does not end"
    fi
    rm -f "$file"
}
