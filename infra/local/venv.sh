#!/bin/sh
# Make the virtual environment in the directory given, with the first Python of 3.11 or newer that works.
# On Debian, as root, what Python lacks for that is installed; anywhere else one line says what to install.
set -eu

venv=$1

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in python3.11 python3.12 python3.13 python3.14 python3; do
        if command -v "$candidate" >/dev/null 2>&1 && fits "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

install() {
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

if ! python=$(find_python) && can_install; then
    install python3 python3-venv
fi
if ! python=$(find_python); then
    echo "Python 3.11 or newer is needed, and none is in PATH (Debian 12: apt-get install python3 python3-venv)" >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! can_install; then
        echo "$python has no venv module (Debian: apt-get install python$version-venv)" >&2
        exit 1
    fi
    install "python$version-venv"
fi

"$python" -m venv --clear "$venv"
