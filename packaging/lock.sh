#!/bin/sh
# Writes both locks anew from pyproject.toml: every package with its version and the hashes of all its files.
#
#   packaging/lock.sh             keep what is locked, add or drop what pyproject.toml changed
#   packaging/lock.sh --upgrade   take the newest versions that pyproject.toml allows
set -eu
cd "$(dirname "$0")/.."

compile() {
    lock=$1
    shift
    "${UV:-uv}" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --output-file "$lock" "$@" pyproject.toml
}

compile packaging/requirements.lock --extra build "$@"
compile packaging/requirements-dev.lock --extra build --extra dev --constraint packaging/requirements.lock "$@"
