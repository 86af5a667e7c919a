# Which programs are needed, and how the system's packages bring them.
# shellcheck shell=bash

# missing_packages KIND [BENCH [E2E [SINGLE_SOURCE [FUZZ]]]]: the packages of KIND (apt or brew) whose
# programs are not found.
missing_packages() {
    local kind=$1 bench=${2:-} e2e=${3:-} single_source=${4:-} fuzz=${5:-}
    postgres_bin >/dev/null || package "$kind" postgresql postgresql@16
    { has redis-server && has redis-cli; } || package "$kind" redis-server redis
    has nats-server || package "$kind" nats-server nats-server
    has curl || package "$kind" curl curl
    has cc || package "$kind" build-essential gcc
    [ -z "$bench" ] || has nginx || package "$kind" nginx nginx
    [ -z "$bench" ] || has wrk || package "$kind" wrk wrk
    [ -z "$e2e" ] || missing_for_e2e "$kind"
    [ -z "$single_source" ] || missing_for_single_source "$kind"
    [ -z "$fuzz" ] || python3 -c 'import venv, ensurepip' 2>/dev/null ||
        package "$kind" python3-venv python
}

missing_for_e2e() {
    local kind=$1
    java_program >/dev/null || package "$kind" openjdk-17-jre-headless openjdk@17
    has mvn || package "$kind" maven maven
    has unzip || package "$kind" unzip unzip
    has node || package "$kind" nodejs node
    has npm || package "$kind" npm node
    chromium_program >/dev/null || package "$kind" chromium chromium
}

missing_for_single_source() {
    local kind=$1
    has javac || package "$kind" openjdk-17-jdk-headless openjdk@17
    has mvn || package "$kind" maven maven
    has node || package "$kind" nodejs node
    has npm || package "$kind" npm node
}

# package KIND APT_NAME BREW_NAME
package() { if [ "$1" = apt ]; then echo "$2"; else echo "$3"; fi; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        fail "needs root or sudo to install packages"
    fi
}

# Debian starts and enables what it installs, and makes a PostgreSQL cluster. Two files keep
# it from that for as long as the installation runs; a policy that was there before stays.
POLICY=/usr/sbin/policy-rc.d
CLUSTERS=/etc/postgresql-common/createcluster.d
NO_CLUSTER=$CLUSTERS/patient-portal.conf
OWN_POLICY=
OWN_CLUSTERS=

hold_services() {
    if [ ! -e "$POLICY" ]; then
        OWN_POLICY=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
        as_root chmod 755 "$POLICY"
    fi
    if [ ! -d "$CLUSTERS" ]; then
        OWN_CLUSTERS=yes
        as_root mkdir -m 755 -p "${CLUSTERS%/*}" "$CLUSTERS"
    fi
    echo 'create_main_cluster = false' | as_root tee "$NO_CLUSTER" >/dev/null
    as_root chmod 644 "$NO_CLUSTER"
}

release_services() {
    as_root rm -f "$NO_CLUSTER"
    [ -z "$OWN_CLUSTERS" ] || as_root rmdir "$CLUSTERS" "${CLUSTERS%/*}" 2>/dev/null || true
    [ -z "$OWN_POLICY" ] || as_root rm -f "$POLICY"
}

# A service that came with a package would start at the machine's next start.
disable_services() {
    local name
    has systemctl || return 0
    for name in "$@"; do
        case $name in
            redis-server | nats-server | nginx)
                as_root systemctl disable --quiet "$name" 2>/dev/null || true
                ;;
        esac
    done
}

install_with_apt() {
    say "Installing packages: $*"
    trap release_services EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    hold_services
    as_root apt-get update --quiet --quiet
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet --quiet --no-install-recommends "$@"
    disable_services "$@"
    release_services
    trap - EXIT INT TERM
}

install_with_brew() {
    say "Installing packages: $*"
    HOMEBREW_NO_AUTO_UPDATE=1 brew install "$@"
}
