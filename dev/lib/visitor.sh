# What a shell needs beside curl to follow README.md. `make run` says how to source it, together with
# where everything is. Any shell will do.
# shellcheck shell=sh

# login WHO: a login with a second factor of this moment, as headers in the file WHO, so that no
# token stands in a list of processes. The sandbox's tokens live for a day.
login() {
    token=$(sed "s/AUTH_TIME/$(date +%s)/; s/EXPIRES/$(($(date +%s) + 86400))/" "$1.claims" |
        curl --silent --show-error --fail --max-time 10 --header 'Content-Type: application/json' \
            --data @- "$SANDBOX/_admin/token" |
        grep -oE 'eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+')
    [ -n "$token" ] || return 1
    printf 'Authorization: Bearer %s\nContent-Type: application/json\n' "$token" >"$1"
}

# sent ADDRESS: the newest link or code that was sent there. Waits for it, as people do.
sent() {
    tries=0
    secret=
    while [ -z "$secret" ] && [ "$tries" -lt 30 ]; do
        [ "$tries" = 0 ] || sleep 1
        tries=$((tries + 1))
        secret=$(curl --silent --max-time 10 "$SANDBOX/_admin/notifications?address=$1" |
            { grep -o '"secret":"[^"]*' || true; } | cut -d '"' -f 4 | tail -n 1)
    done
    echo "$secret"
}
