# Asks for every read of the contract with whatever its schemas allow, and with what they do not.
# shellcheck shell=bash

SCHEMATHESIS=$ROOT/.local/tools/schemathesis
SCHEMATHESIS_VERSION=4.32.5

install_schemathesis() {
    case $("$SCHEMATHESIS/bin/schemathesis" --version 2>/dev/null) in *" $SCHEMATHESIS_VERSION"*) return 0 ;; esac
    say "Installing Schemathesis, once"
    python3 -m venv "$SCHEMATHESIS"
    "$SCHEMATHESIS/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS_VERSION"
}

# first_id PATH: the id of the first of a list.
first_id() {
    curl --silent --show-error --fail --max-time 20 -H @"$ONE" "$PORTAL$1" |
        grep -oE '"id" ?: ?"[^"]+"' | sed -n '1s/.*"\([^"]*\)"$/\1/p'
}

# An operation with an id in its path, and the list where one is found.
fuzz_operation() {
    local id name
    id=$(first_id "$2")
    [ -n "$id" ] || fail "nothing is listed at $2"
    name=${1#*'{'}
    printf '[[operations]]\ninclude-path = "%s"\nparameters = { %s = "%s" }\n' "$1" "${name%%'}'*}" "$id"
}

# Who asks, and what cannot be made up.
fuzz_settings() {
    # shellcheck disable=SC2016 # Schemathesis looks it up, so that no file holds the token.
    echo 'headers = { Authorization = "${AUTHORIZATION}" }'
    fuzz_operation '/v1/portal/appointments/{id}' /v1/portal/appointments
    fuzz_operation '/v1/portal/appointments/{id}/calendar' /v1/portal/appointments
    fuzz_operation '/v1/portal/billing/statements/{id}' /v1/portal/billing/statements
    fuzz_operation '/v1/portal/eob/{id}' /v1/portal/eob
    fuzz_operation '/v1/portal/messages/{threadId}' /v1/portal/messages
    fuzz_operation '/v1/portal/results/radiology/{id}' /v1/portal/results/radiology
}

# fuzz_reads DIR: fails when an answer is not as the contract says, or an error of the portal's own.
fuzz_reads() {
    local dir=$1
    # shellcheck source=/dev/null
    . "$dir/visit.sh"
    fuzz_settings >"$dir/schemathesis.toml"
    # From a folder that is removed, because it keeps what it tried.
    (cd "$dir" && AUTHORIZATION=$(sed -n 's/^Authorization: //p' "$ONE") "$SCHEMATHESIS/bin/schemathesis" \
        --config-file "$dir/schemathesis.toml" run "$ROOT/openapi/portal.v1.json" --url "$PORTAL" \
        --include-method GET \
        --phases coverage,fuzzing --max-examples "${FUZZ_EXAMPLES:-40}" --request-timeout 20 \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method \
        --no-color) || fail "an answer is not as openapi/portal.v1.json says"
}
