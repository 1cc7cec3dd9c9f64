#!/bin/sh
# Install what the tests need of the system and is missing: a Java 17 runtime, Maven, Redis, Chromium, Go, Node,
# Prometheus and Alertmanager.
# Only on Debian and as root; anywhere else one line names the packages.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

have_java() {
    ls /usr/lib/jvm/java-17-openjdk*/bin/java >/dev/null 2>&1 && return
    for candidate in "${JAVA_HOME:+$JAVA_HOME/bin/java}" java; do
        [ -n "$candidate" ] && "$candidate" -version 2>&1 | grep -q 'version "17' && return
    done
    return 1
}

missing=
have_java || missing="$missing openjdk-17-jre-headless"
have mvn || missing="$missing maven"
have redis-server || missing="$missing redis-server"
have chromium || missing="$missing chromium"
have go || missing="$missing golang-go"
have node || missing="$missing nodejs"
have npm || missing="$missing npm"
have prometheus && have promtool || missing="$missing prometheus"
have prometheus-alertmanager || missing="$missing prometheus-alertmanager"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! have apt-get; then
    echo "the tests need these Debian packages, or what they hold:$missing (run: sudo apt-get install$missing)" >&2
    exit 1
fi

# Debian starts a daemon as it installs one, and a Redis or Prometheus on its default port is not wanted here. Its own switch for that:
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi

echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086 # a list of words
apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing
