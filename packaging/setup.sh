#!/bin/sh
# Makes this checkout ready to run: system packages, .venv, the locked Python packages, the command pos-app.
#
#   packaging/setup.sh run     what the till needs
#   packaging/setup.sh test    the same and what the tests need
#
# Nothing is done twice: apt is only called for packages that are missing, and pip only when the locks, this
# script or the checkout's folder have changed since the last time.
set -eu

kind=${1:-run}
root=$(cd "$(dirname "$0")/.." && pwd -P)
venv=$root/.venv
cd "$root"

case $kind in
run) lock=packaging/requirements.lock lists=packaging/apt-packages.txt ;;
test) lock=packaging/requirements-dev.lock lists='packaging/apt-packages.txt packaging/apt-packages-test.txt' ;;
*) echo "setup: '$kind' is neither run nor test" >&2 && exit 2 ;;
esac

say() {
    echo "setup: $*"
}

fail() {
    echo "setup: $*" >&2
    exit 1
}

# The command of a Python that is new enough; PYTHON=... names another one.
find_python() {
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    fail "Python 3.11 or newer was not found. Install it (on Debian 12: apt-get install python3) or name it:" \
        "make setup PYTHON=/path/to/python3"
}

venv_is_sound() {
    # The folder's name stands in the scripts: a checkout that was moved needs a new one.
    grep -qsF "$venv/bin/python" "$venv/bin/pip" &&
        "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

wanted_packages() {
    # shellcheck disable=SC2086  # a list of file names
    sed 's/#.*//; s/[[:space:]]//g; /^$/d' $lists
    if ! venv_is_sound && ! "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -c 'import sys; print(f"python3.{sys.version_info.minor}-venv")'
    fi
}

# A package counts under its own name and under those that it provides (libfoo0t64 provides libfoo0).
installed_packages() {
    dpkg-query -W -f '${db:Status-Status}, ${Package}, ${Provides}\n' |
        awk -F ', *' '$1 == "installed" { for (i = 2; i <= NF; i++) { sub(/ .*/, "", $i); print $i } }'
}

missing_packages() {
    { installed_packages; echo =; wanted_packages; } |
        awk '$0 == "=" { wanted = 1; next } !wanted { have[$0]; next } !($0 in have)' | tr '\n' ' '
}

install_packages() {
    install="apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $*"
    if [ "$(id -u)" = 0 ]; then
        as_root=''
    elif sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        if command -v sudo >/dev/null; then become_root='sudo sh -c'; else become_root='su - -c'; fi
        fail "system packages are missing and installing them needs the administrator. Type this line, then make again:

$become_root 'apt-get update && apt-get install -y --no-install-recommends $*'
"
    fi
    say "installing system packages: $*"
    # An unreachable source that has nothing to do with us must not stop us: the install decides.
    $as_root apt-get update -q || say "apt-get update complained; going on with what is known"
    $as_root env DEBIAN_FRONTEND=noninteractive $install ||
        fail "apt could not install: $*. Its own message stands above; put that right, then make again."
}

ensure_system_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "this is not a Debian system; it must have what these packages hold:" "$(wanted_packages | tr '\n' ' ')"
        return
    fi
    missing=$(missing_packages)
    # shellcheck disable=SC2086  # a list of names
    [ -z "$missing" ] || install_packages $missing
}

# What the last complete installation of this kind was made from.
fingerprint() {
    { echo "$venv"; "$venv/bin/python" -VV; cat "$lock" pyproject.toml packaging/setup.sh; } | sha256sum
}

install_python_packages() {
    pip="$venv/bin/python -m pip --disable-pip-version-check --no-input"
    say "installing the packages of $lock (the first time some 400 MB are fetched)"
    $pip install --require-hashes --no-deps --only-binary :all: -r "$lock"
    $pip install --quiet --no-deps --no-build-isolation --editable .
    $pip check
}

python=$(find_python)
ensure_system_packages
if ! venv_is_sound; then
    say "making .venv with $("$python" -V)"
    "$python" -m venv --clear "$venv"
fi
stamp=$venv/made-for-$kind
if [ "$(fingerprint)" != "$(cat "$stamp" 2>/dev/null)" ]; then
    install_python_packages
    fingerprint >"$stamp"
fi
say "ready"
