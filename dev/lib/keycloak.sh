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

# install_node_packages FOLDER: those that its package-lock.json names, and no others.
install_node_packages() {
    local folder=$ROOT/$1
    [ ! "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] || return 0
    (cd "$folder" && npm ci --silent --no-audit --no-fund)
}

# A home of its own: whatever Keycloak writes, and what it imports, is in DIR.
make_keycloak_home() {
    local entry
    mkdir -p "$1/keycloak/data/import"
    for entry in "$KEYCLOAK_HOME"/*; do
        [ "${entry##*/}" = data ] || ln -s "$entry" "$1/keycloak/"
    done
}

# Java itself and not kc.sh, which would leave it behind when it is killed. Compiling every method
# well (beyond level 1) would take longer than the scenes do.
launch_keycloak() {
    local java options=(-Xms64m -Xmx512m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
        --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED
        --add-opens=java.base/java.security=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED
        -Djava.util.logging.manager=org.jboss.logmanager.LogManager
        -Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory)
    java=$(java_program)
    KC_BOOTSTRAP_ADMIN_CLIENT_ID=$OPERATOR_CLIENT_ID \
        KC_BOOTSTRAP_ADMIN_CLIENT_SECRET=$OPERATOR_CLIENT_SECRET \
        launch "$1" keycloak "$1/keycloak" "$java" "${options[@]}" -Dkc.home.dir="$1/keycloak" \
        -cp "$1/keycloak/lib/quarkus-run.jar" io.quarkus.bootstrap.runner.QuarkusEntryPoint \
        start --optimized --import-realm --http-enabled=true --http-host=127.0.0.1 --http-port="$2" \
        --hostname="http://127.0.0.1:$2"
}

keycloak_ready() {
    curl --silent --fail --max-time 5 --output /dev/null \
        "http://127.0.0.1:$2/realms/patients/.well-known/openid-configuration"
}

# start_keycloak DIR: with the realm of DIR/keycloak/data/import, which finds the address of the
# portal in PATIENT_PORTAL_URL. Sets where it is, and a client that may do everything.
start_keycloak() {
    OPERATOR_CLIENT_ID=operator
    OPERATOR_CLIENT_SECRET=$(random_hex 24)
    export OPERATOR_CLIENT_ID OPERATOR_CLIENT_SECRET
    START_SECONDS=180 start_server "$1" keycloak
    KEYCLOAK_REALM_URL=http://127.0.0.1:$(cat "$1/keycloak.port")/realms/patients
    export KEYCLOAK_REALM_URL
}
