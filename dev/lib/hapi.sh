# A private HAPI FHIR server, and HAPI's validator.
# shellcheck shell=bash

HAPI_HOME=$ROOT/.local/tools/hapi

# Gets HAPI and compiles what uses it; again when that has changed. Maven refuses what is not as its
# checksums say.
install_hapi() {
    local project=$ROOT/tests/hapi
    [ ! -f "$HAPI_HOME/built" ] || hapi_changed "$project" || return 0
    say "Getting and building HAPI FHIR, once: 280 MB"
    rm -rf "$HAPI_HOME"
    (cd "$project" && mvn --quiet --batch-mode --strict-checksums compile dependency:copy-dependencies)
    touch "$HAPI_HOME/built"
}

hapi_changed() { [ -n "$(find "$1" -type f -newer "$HAPI_HOME/built")" ]; }

# hapi_command DIR CLASS ARGUMENT...: sets `hapi`. What HAPI writes is in DIR.
hapi_command() {
    local dir=$1
    shift
    mkdir -p "$dir"
    hapi=("$(java_program)" -Xmx1g -XX:+UseSerialGC -Djava.io.tmpdir="$dir"
        -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$HAPI_HOME/classes:$HAPI_HOME/lib/*" "$@")
}

launch_hapi() {
    local hapi
    hapi_command "$1/hapi" hapi.Server "$2"
    launch "$1" hapi "$1/hapi" "${hapi[@]}"
}

hapi_ready() {
    curl --silent --fail --max-time 20 --output /dev/null "http://127.0.0.1:$2/fhir/Patient?_summary=count"
}

# start_hapi DIR: an empty server. Sets where it is.
start_hapi() {
    START_SECONDS=180 start_server "$1" hapi
    FHIR_SERVER_URL=http://127.0.0.1:$(cat "$1/hapi.port")/fhir
    export FHIR_SERVER_URL
}

# hapi_validate DIR FILE...
hapi_validate() {
    local hapi dir=$1
    shift
    hapi_command "$dir/hapi" hapi.Validate "$@"
    "${hapi[@]}"
}
