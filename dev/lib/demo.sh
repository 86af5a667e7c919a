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
    people "$1" | field tenant | sort -u | sed 's/$/=ehr.portal,ehr.claims,communication/' | paste -sd ';' -
}

# claims_of PERSON: as a login with a second factor gives them; `login` fills in the times.
claims_of() {
    local patient
    patient=$(field patientId <<<"$1")
    [ -z "$patient" ] || patient="\"patient\":\"$patient\","
    printf '{"sub":"%s","tid":"%s",%s"aud":["%s","%s/fhir/R4"],"azp":"portal-web","acr":"2","amr":["pwd","otp"],"scope":"openid profile patient/*.read patient/*.write","auth_time":AUTH_TIME,"exp":EXPIRES}' \
        "$(field subject <<<"$1")" "$(field tenant <<<"$1")" "$patient" \
        "$PORTAL_AUDIENCE" "$PUBLIC_URL"
}

# admit DIR PERSON WHO: logs somebody in, if there is somebody. The token is a header in a file, so
# that a curl line is short.
admit() {
    [ -n "$2" ] || return 0
    claims_of "$2" >"$1/$3.claims"
    SANDBOX=$SANDBOX_URL login "$1/$3" || fail "the sandbox gave no token"
}

# write_visit DIR: what a shell sources to follow README.md.
write_visit() {
    local newcomer
    newcomer=$(registrants "$1" | head -n 1)
    cat >"$1/visit.sh" <<VISIT
PORTAL='$PUBLIC_URL'
SANDBOX='$SANDBOX_URL'
ONE='$1/one'
TWO='$1/two'
NEW='$1/new'
MRN='$(field mrn <<<"$newcomer")'
BIRTH_DATE='$(field birthDate <<<"$newcomer")'
EMAIL='$(field email <<<"$newcomer")'
. '$ROOT/dev/lib/visitor.sh'
VISIT
    admit "$1" "$(people "$1" | sed -n 1p)" one
    admit "$1" "$(people "$1" | sed -n 2p)" two
    admit "$1" "$newcomer" new
}

# show_person PERSON WHO WHAT
show_person() {
    [ -z "$1" ] || printf '  %-6s %s, tenant %s%s\n' "\$$2" "$(field name <<<"$1")" "$(field tenant <<<"$1")" "$3"
}

# show DIR: what the user needs to begin.
show() {
    local dir=$1
    printf '\nPortal   %s\nAdmin    http://%s  (/metrics)\nSandbox  %s\nLogs     %s\n' \
        "$PUBLIC_URL" "$ADMIN_ADDR" "$SANDBOX_URL" "$dir/service.log"
    printf '\nFor the lines of README.md, in another shell:\n\n. %s\n\n' "'$dir/visit.sh'"
    show_person "$(people "$dir" | sed -n 1p)" ONE ''
    show_person "$(people "$dir" | sed -n 2p)" TWO ''
    show_person "$(registrants "$dir" | head -n 1)" NEW ', has no account yet'
    printf '\nCtrl-C stops everything.\n'
}
