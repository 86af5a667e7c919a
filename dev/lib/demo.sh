# What `make run` tells the service about the sandbox's people, and the user about the service.
# shellcheck shell=bash

# field NAME: the text of a member, for each line of JSON that is given.
field() { sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p"; }

# people DIR: an object a line.
people() { grep -o '{[^{}]*"patientId"[^{}]*}' "$1/sandbox.json"; }

# registrants DIR: those who have a record and no account yet, an object a line.
registrants() { grep -o '{[^{}]*"mrn"[^{}]*}' "$1/sandbox.json" || true; }

# staff DIR: an object a line.
staff() { grep -o '{[^{}]*"role"[^{}]*}' "$1/sandbox.json" || true; }

# import_lines DIR ISSUER REGION: every tenant, an active account for each of the people, and the
# delegations between them.
import_lines() {
    local person
    people "$1" | field tenant | sort -u | while read -r tenant; do
        printf '{"tenant":{"id":"%s","name":"Tenant %s","region":"%s","timeZone":"Asia/Kabul","locale":"en","calendar":"gregory","currency":"AFN"}}\n' \
            "$tenant" "$tenant" "$3"
    done
    people "$1" | while IFS= read -r person; do
        printf '{"account":{"tenantId":"%s","patientId":"%s","kind":"patient","issuer":"%s","subject":"%s","status":"active"}}\n' \
            "$(field tenant <<<"$person")" "$(field patientId <<<"$person")" "$2" \
            "$(field subject <<<"$person")"
    done
    delegations "$1" | while IFS= read -r delegation; do delegation_line "$delegation" "$2"; done
}

# delegations DIR: who may act for whom, an object a line.
delegations() { grep -o '{[^{}]*"grantorPatientId"[^{}]*}' "$1/sandbox.json" || true; }

# list NAME: the array of a member, as it stands.
list() { sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\(\[[^]]*\]\).*/\1/p"; }

# delegation_line DELEGATION ISSUER: one of them as the operator's import has it.
delegation_line() {
    printf '{"delegation":{"tenantId":"%s","grantorPatientId":"%s","proxyAccount":{"issuer":"%s","subject":"%s"},"relationshipType":"%s","scope":%s,"sensitive":%s,"validFrom":"%s","documentReference":"demo"}}\n' \
        "$(field tenant <<<"$1")" "$(field grantorPatientId <<<"$1")" "$2" \
        "$(field proxySubject <<<"$1")" "$(field relationshipType <<<"$1")" \
        "$(list scope <<<"$1")" "$(list sensitive <<<"$1")" "$(field validFrom <<<"$1")"
}

# entitlements DIR: every tenant has the portal.
entitlements() {
    people "$1" | field tenant | sort -u | sed 's/$/=ehr.portal/' | paste -sd ';' -
}

# mint PERSON: a token of a day, as a login with a second factor gives it.
mint() {
    local now claims
    now=$(date +%s)
    claims=$(printf '{"sub":"%s","tid":"%s","patient":"%s","aud":["%s","%s/fhir/R4"],"azp":"portal-web","acr":"2","amr":["pwd","otp"],"scope":"openid profile patient/*.read","auth_time":%s,"exp":%s}' \
        "$(field subject <<<"$1")" "$(field tenant <<<"$1")" "$(field patientId <<<"$1")" \
        "$PORTAL_AUDIENCE" "$PUBLIC_URL" "$now" "$((now + MAX_TOKEN_LIFETIME))")
    curl --silent --show-error --fail --max-time 10 --header 'Content-Type: application/json' \
        --data "$claims" "$SANDBOX_URL/_admin/token" |
        grep -oE 'eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+' ||
        fail "the sandbox gave no token"
}

# show_person DIR PERSON NUMBER: the token, also as a header in a file, so that a curl line is
# short and no token stands in a list of processes.
show_person() {
    local token
    token=$(mint "$2")
    printf 'Authorization: Bearer %s\n' "$token" >"$1/token-$3"
    printf '\n%s (tenant %s, patient %s)\n%s\n' "$(field name <<<"$2")" "$(field tenant <<<"$2")" \
        "$(field patientId <<<"$2")" "$token"
}

show_curls() {
    local path
    for path in /v1/portal/me /v1/portal/chart/summary /v1/portal/results/labs \
        "/fhir/R4/Observation?category=laboratory" /v1/portal/me/access-log; do
        printf "curl -H @'%s' '%s%s'\n" "$1/token-1" "$PUBLIC_URL" "$path"
    done
}

# show_acting DIR: a request of the first one for somebody else, if there is a delegation.
show_acting() {
    local delegation
    delegation=$(curl --silent --max-time 10 --header @"$1/token-1" "$PUBLIC_URL/v1/portal/me" |
        grep -oE 'pdel_[0-9A-Z]{26}' | head -n 1) || return 0
    printf '\nThe same one, acting for somebody else (mayActFor in the first answer):\n'
    printf "curl -H @'%s' -H 'X-Acting-For: %s' '%s/v1/portal/chart/immunizations'\n" \
        "$1/token-1" "$delegation" "$PUBLIC_URL"
}

# show DIR: what the user needs to begin.
show() {
    local dir=$1 person number=0
    printf '\nPortal   %s\nAdmin    http://%s  (/metrics)\nSandbox  %s\nLogs     %s\n' \
        "$PUBLIC_URL" "$ADMIN_ADDR" "$SANDBOX_URL" "$dir/service.log"
    while IFS= read -r person; do
        number=$((number + 1))
        show_person "$dir" "$person" "$number"
    done <<<"$(people "$dir" | head -n 2)"
    printf '\nFive requests of the first one:\n'
    show_curls "$dir"
    show_acting "$dir"
    printf '\nCtrl-C stops everything.\n'
}
