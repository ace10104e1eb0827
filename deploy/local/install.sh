#!/usr/bin/env bash
# Installs what `make demo` or `make test` needs, and says what it does. Done already: nothing happens, in under a second.
#
#   install.sh demo | test           all of it: the distribution's packages, then .venv from requirements.lock
#   install.sh packages NAME...      the distribution's packages alone; needs root
#
# Never leaves a system service running: our servers are children of the demo or of the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
unset PYTHONDONTWRITEBYTECODE # compiled once here, or each start of a service pays for it
export DEBIAN_FRONTEND=noninteractive
readonly SELF=deploy/local/install.sh STAMP=.venv/springrain.stamp UV=.venv/tools/bin/uv

say() { printf '%s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { say "$name"; return; }
    done
    fail "Python 3.11 or newer is needed. Install it, then run this again."
}

has_chromium() {
    command -v chromium >/dev/null || compgen -G "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}/chromium-*" >/dev/null
}

# The names of the packages that are missing for MODE, one a line.
missing_packages() {
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || say rabbitmq-server
    command -v nginx >/dev/null || say nginx-light
    ldconfig -p | grep 'libcurl\.so\.4 ' >/dev/null || say libcurl4 # the mongod of the wheel links it
    [ -x .venv/bin/python ] || "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || say python3-venv
    [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || say fonts-noto-cjk # reports of inspections
    [ "$MODE" = test ] || return 0
    has_chromium || say chromium
    command -v node >/dev/null || say nodejs # the SMPP peer of the tests
    command -v npm >/dev/null || say npm
    command -v go >/dev/null || say golang-go # checks the log with code nobody here wrote
    [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || say golang-golang-x-mod-dev
    compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || say libfaketime # the tests of the host's clock
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null && sudo -v; }; then sudo "$@"
    else fail "this needs root. Run:  sudo $*  and then make $MODE again."
    fi
}

# --- install.sh packages: runs as root -------------------------------------------------------------------------------

readonly POLICY=/usr/sbin/policy-rc.d

# While packages are installed no service may be started; a policy of the machine is put back afterwards.
forbid_services() {
    trap allow_services EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    if [ -e $POLICY ] && [ ! -e $POLICY.springrain ]; then mv $POLICY $POLICY.springrain; fi
    printf '#!/bin/sh\nexit 101\n' >$POLICY
    chmod 755 $POLICY
}

allow_services() {
    rm -f $POLICY
    if [ -e $POLICY.springrain ]; then mv $POLICY.springrain $POLICY; fi
}

quietly() { # the log is shown only when it is needed
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1 </dev/null; then rm -f "$log"; return; fi
    tail -n 30 "$log" >&2
    rm -f "$log"
    fail "failed: $*"
}

install_packages() {
    command -v apt-get >/dev/null || fail "no apt-get here. Install these by hand: $*"
    forbid_services
    quietly apt-get update -q
    local name wanted=()
    for name in "$@"; do # Ubuntu has no chromium package; Playwright brings one then
        if [ "$name" != chromium ] || apt-cache show chromium >/dev/null 2>&1; then wanted+=("$name"); fi
    done
    [ ${#wanted[@]} = 0 ] || quietly apt-get install -q -y --no-install-recommends "${wanted[@]}"
    command -v systemctl >/dev/null || return 0
    for name in "${wanted[@]}"; do
        case $name in # nor at the next start of the machine
            rabbitmq-server) systemctl disable --quiet rabbitmq-server.service epmd.socket epmd.service 2>/dev/null || true ;;
            nginx-light) systemctl disable --quiet nginx.service 2>/dev/null || true ;;
        esac
    done
}

# --- install.sh demo | test ------------------------------------------------------------------------------------------

fingerprint() { { say "$PWD" "$("$PYTHON" -V)"; cat requirements.lock deploy/local/bootstrap.txt $SELF; } | sha256sum; }

make_venv() {
    say "  .venv from requirements.lock, hashes checked (some 90 packages, 10 to 60 s)"
    rm -f $STAMP
    if [ ! -x .venv/bin/python ] || [ "$(cat .venv/home.txt 2>/dev/null)" != "$PWD" ] || [ ! -x $UV ]; then
        "$PYTHON" -m venv --clear .venv
        say "$PWD" >.venv/home.txt
    fi
    $UV --version >/dev/null 2>&1 || quietly .venv/bin/python -m pip install --disable-pip-version-check \
        --require-hashes --no-deps --target .venv/tools -r deploy/local/bootstrap.txt
    quietly $UV pip sync --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
    link_project
    fingerprint >$STAMP
}

# The project itself, as it lies here. Building it would fetch a build tool that no hash vouches for.
link_project() {
    say "$PWD" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/springrain.pth"
    printf '#!%s/.venv/bin/python\nfrom services.cli import main\n\nmain()\n' "$PWD" >.venv/bin/springrain
    chmod 755 .venv/bin/springrain
}

fetch_chromium() {
    say "  Chromium, by Playwright: this distribution has no package of it (about 1 minute)"
    as_root .venv/bin/python -m playwright install-deps chromium
    quietly .venv/bin/python -m playwright install chromium
}

install_all() {
    mkdir -p run
    exec 9>run/install.lock
    flock 9 # make demo and make test may be started side by side
    mapfile -t packages < <(missing_packages)
    if [ ${#packages[@]} = 0 ] && [ "$(cat $STAMP 2>/dev/null)" = "$(fingerprint)" ]; then return; fi
    say "Installing what 'make $MODE' needs:"
    if [ ${#packages[@]} != 0 ]; then
        say "  from the distribution: ${packages[*]} (1 to 2 minutes; no service is started)"
        as_root "$PWD/$SELF" packages "${packages[@]}"
    fi
    [ "$(cat $STAMP 2>/dev/null)" = "$(fingerprint)" ] || make_venv
    if [ "$MODE" = test ] && ! has_chromium; then fetch_chromium; fi
    say "Installed."
}

MODE=${1:-}
case $MODE in
    demo | test) PYTHON=$(find_python) && install_all ;;
    packages) [ "$(id -u)" = 0 ] || fail "packages need root"; install_packages "${@:2}" ;;
    *) fail "say demo, test, or packages NAME..." ;;
esac
