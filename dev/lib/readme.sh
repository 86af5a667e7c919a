# Runs the lines of README.md as they stand there, so that they stay true.
#
# A block of shell lines in which somebody asks the portal is followed by a table: a row for each
# line that begins with `curl`, in whose last column the status stands, and between backquotes what
# the answer holds; only texts with a quotation mark are looked for.
# shellcheck shell=bash

# readme_lines: `run LINE` and `expect CELL`, in their order; what names no visitor is no such block.
readme_lines() {
    awk '
        /^```sh$/ { inside = 1; block = ""; next }
        /^```$/ && inside { inside = 0; if (block ~ /\$(PORTAL|SANDBOX)/) printf "%s", block; next }
        inside { block = block "run " $0 "\n"; next }
        /^\|.*\| *[1-5][0-9][0-9][ ,|]/ { sub(/ *\|$/, ""); sub(/.*\| */, ""); print "expect " $0 }
    ' "$ROOT/README.md"
}

# bare TEXT: without spaces and quotation marks, which people leave out.
bare() { printf '%s' "$1" | tr -d ' "\n'; }

# check_answer CELL LINE ANSWER, whose last line is the status.
check_answer() {
    local status=${3##*$'\n'} part
    [ "$status" = "${1:0:3}" ] || fail "README.md: expected $1 of: $2; got $3"
    while IFS= read -r part; do
        case $part in *'"'*) ;; *) continue ;; esac
        case $(bare "$3") in *"$(bare "$part")"*) ;; *) fail "README.md: expected $part of: $2; got $3" ;; esac
    done < <(printf '%s\n' "$1" | { grep -o '`[^`]*`' || true; } | tr -d '`')
}

# follow_readme DIR
follow_readme() {
    local kind line asked=() answers=() count=0
    # shellcheck source=/dev/null
    . "$1/visit.sh"
    while read -r kind line; do
        case $kind-$line in
            run-'curl '*)
                say "$line"
                asked+=("$line")
                answers+=("$(eval "curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' ${line#curl }")")
                ;;
            run-*) eval "$line" </dev/null ;;
            expect-*)
                [ "$count" -lt "${#asked[@]}" ] || fail "README.md: nobody asks for: $line"
                check_answer "$line" "${asked[count]}" "${answers[count]}"
                count=$((count + 1))
                ;;
        esac
    done < <(readme_lines)
    [ "$count" -gt 0 ] && [ "$count" = "${#asked[@]}" ] || fail "README.md: ${#asked[@]} requests, $count answers"
    say "README.md: $count requests are answered as it says"
}
