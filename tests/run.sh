#!/bin/sh
# SPDX-License-Identifier: MIT
# Everything that is tested, with one command: installs what the tests need (Python packages only
# into a virtual environment under build/), builds the release and the sanitizer preset, then runs
# the unit tests and the checks of the tree (ctest) and the tests of the whole server (pytest) on
# both. Ends non-zero if anything failed. Arguments go to pytest: tests/run.sh -k parity
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
. "$root/src/cmake/setup.sh"

passed=0
failed=0
summary=

# step NAME COMMAND...: run it, time it, remember how it ended.
step() {
    _name=$1
    shift
    say "== $_name"
    _begin=$(date +%s)
    if "$@"; then
        _result=passed
        passed=$((passed + 1))
    else
        _result=FAILED
        failed=$((failed + 1))
    fi
    summary="$summary
$(printf '  %-34s %s  %4d s' "$_name" "$_result" $(($(date +%s) - _begin)))"
    [ $_result = passed ]
}

prepare() {
    install_build_tools
    has_header cmocka.h || want libcmocka-dev libcmocka-devel cmocka-dev
    has_command curl || want curl curl curl
    has_command wrk || want wrk - wrk
    has_command goaccess || want goaccess goaccess goaccess
    has_command logrotate || [ -x /usr/sbin/logrotate ] || want logrotate logrotate logrotate
    has_command valgrind || want valgrind valgrind valgrind
    has_command nginx || [ -x /usr/sbin/nginx ] || want nginx nginx nginx
    has_command systemd-analyze || want systemd systemd -
    has_command zsh || want zsh zsh zsh
    has_command fish || want fish fish fish
    has_command man || want man-db man-db man-db
    has_command mandoc || want mandoc mandoc mandoc
    has_command rsyslogd || [ -x /usr/sbin/rsyslogd ] || want rsyslog rsyslog rsyslog
    has_command haproxy || [ -x /usr/sbin/haproxy ] || want haproxy haproxy haproxy
    install_missing
    make_venv "$root/build/test-venv" "$root/tests/requirements.txt"
}

build_preset() { # FOLDER PRESET
    configure "$1" --preset "$2" && build "$1"
}

unit_tests() { # FOLDER
    ctest --test-dir "$1" --output-on-failure --no-tests=error -j "$jobs"
}

live_tests() { # FOLDER PYTEST_ARGUMENT...
    _folder=$1
    shift
    GCORN_BINARY=$root/$_folder/gcorn "$root/build/test-venv/bin/python" -m pytest \
        -c "$root/tests/pytest.ini" -n "$((jobs + 1))" "$@" "$root/tests/live"
}

jobs=$(nproc 2>/dev/null || echo 2)
[ "$jobs" -le 3 ] || jobs=3 # more servers at once than that only disturb each other's timing

prepare
if step "build, release" build_preset build release; then
    step "unit tests, release" unit_tests build
    step "live tests, release" live_tests build "$@"
fi
if step "build, sanitizers" build_preset build-asan asan; then
    step "unit tests, sanitizers" unit_tests build-asan
    step "live tests, sanitizers" live_tests build-asan "$@"
fi

say "Python: $("$python" -c 'import sys; print(sys.version.split()[0], sys.executable)')"
printf 'gcorn: summary%s\n' "$summary"
printf 'steps: %d passed, %d failed\n' $passed $failed
[ $failed -eq 0 ]
