#!/bin/sh
# SPDX-License-Identifier: MIT
# What tests/bench/run compares gcorn with: installs it into build/bench, quickly the second time. A
# server that cannot be installed is named in build/bench/missing and left out of the comparison.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/src/cmake/setup.sh"

install_build_tools
has_command wrk || want wrk - wrk
has_command nginx || [ -x /usr/sbin/nginx ] || want nginx nginx nginx
has_header ev.h || want libev-dev libev-devel libev-dev # bjoern
install_missing

folder=$root/build/bench
mkdir -p "$folder"
make_venv "$folder/venv" "$root/tests/bench/requirements.txt"
cut -d= -f1 "$root/tests/bench/servers.txt" | while read -r name; do
    if grep -qx "$name" "$folder/venv/tried" 2>/dev/null; then
        continue
    fi
    say "installing $name"
    "$folder/venv/bin/pip" install -q --no-input "$(grep "^$name==" "$root/tests/bench/servers.txt")" \
        >"$folder/$name.log" 2>&1 </dev/null || say "$name cannot be installed, see $folder/$name.log"
    echo "$name" >>"$folder/venv/tried"
done
for program in floor clients; do
    "${CC:-cc}" -O2 -D_GNU_SOURCE -o "$folder/$program" "$root/tests/bench/$program.c"
done
