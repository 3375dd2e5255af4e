#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh clone to a Flask app under gcorn on http://127.0.0.1:8000: installs what is missing,
# builds, starts. Further arguments go to gcorn: examples/quickstart.sh -w 4 -b 127.0.0.1:9000
# Asks nothing, works as root or with sudo, changes nothing the second time.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/src/cmake/setup.sh"

install_build_tools
make_venv "$root/build/venv" "$root/examples/flask/requirements.txt"
is_configured "$root/build" || configure "$root/build" -S . -B build || fail "the configuration failed"
build "$root/build" || fail "the build failed"

if [ $# -eq 0 ]; then
    say "starting examples/flask/app.py on http://127.0.0.1:8000 (Ctrl-C stops it)"
else
    say "starting examples/flask/app.py with $* (Ctrl-C stops it)"
fi
VIRTUAL_ENV=$root/build/venv
export VIRTUAL_ENV
exec "$root/build/gcorn" --chdir "$root/examples/flask" app:app "$@"
