# A private Keycloak, and what the end-to-end scenes need beside it.
# shellcheck shell=bash

KEYCLOAK_VERSION=26.7.3
KEYCLOAK_HOME=$ROOT/.local/tools/keycloak-$KEYCLOAK_VERSION

# A Java that Keycloak runs on: 17 or later.
java_program() {
    local program version
    for program in "$(command -v java)" /usr/lib/jvm/*/bin/java \
        /opt/homebrew/opt/openjdk*/bin/java /usr/local/opt/openjdk*/bin/java; do
        [ -x "$program" ] || continue
        version=$("$program" -version 2>&1 | sed -n '1s/[^"]*"\([0-9]*\).*/\1/p')
        [ "${version:-0}" -lt 17 ] || { echo "$program" && return 0; }
    done
    return 1
}

chromium_program() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        /Applications/Chromium.app/Contents/MacOS/Chromium; do
        ! has "$name" || { command -v "$name" && return 0; }
    done
    return 1
}

# Gets Keycloak, once. It is built for a database in memory, which is gone when it stops.
install_keycloak() {
    local name=keycloak-quarkus-dist zip
    [ ! -f "$KEYCLOAK_HOME/built" ] || return 0
    zip=$ROOT/.local/tools/$name-$KEYCLOAK_VERSION.zip
    if [ ! -f "$zip" ]; then
        say "Getting Keycloak $KEYCLOAK_VERSION, once: 180 MB"
        mvn --quiet --batch-mode dependency:copy -Dmdep.useBaseVersion=true \
            -Dartifact="org.keycloak:$name:$KEYCLOAK_VERSION:zip" -DoutputDirectory="${zip%/*}"
    fi
    say "Building Keycloak, once: about a minute"
    rm -rf "$KEYCLOAK_HOME"
    unzip -q -o "$zip" -d "${zip%/*}"
    JAVA=$(java_program) "$KEYCLOAK_HOME/bin/kc.sh" build --db=dev-mem --cache=local >"$KEYCLOAK_HOME/build.log" 2>&1 ||
        fail "Keycloak cannot be built: $(tail -n 5 "$KEYCLOAK_HOME/build.log")"
    touch "$KEYCLOAK_HOME/built"
}

# The packages that package-lock.json names, and no others.
install_driver() {
    local folder=$ROOT/tests/e2e
    [ ! "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] || return 0
    (cd "$folder" && npm ci --silent --no-audit --no-fund)
}
