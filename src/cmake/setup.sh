# SPDX-License-Identifier: MIT
# What a fresh machine needs before gcorn can be built or tested. Sourced by examples/quickstart.sh
# and tests/run.sh, which set `root` to the repository. POSIX sh, because Alpine has no other.
# Nothing here asks a question; every change to the machine is announced in one line.

say() {
    printf 'gcorn: %s\n' "$*"
}

fail() {
    printf 'gcorn: %s\n' "$*" >&2
    exit 1
}

has_command() {
    command -v "$1" >/dev/null 2>&1
}

has_header() {
    printf '#include <%s>\n' "$1" | "${CC:-cc}" -E - >/dev/null 2>&1
}

has_llhttp() {
    [ -f /usr/share/llhttp/llhttp.c ] || has_header llhttp.h
}

# want DEBIAN FEDORA ALPINE: put this system's name of a package on the list of the missing ones.
# A name may be several packages, or "-" where the distribution has none.
missing=
want() {
    case $manager in
    apt-get) _name=$1 ;;
    dnf) _name=$2 ;;
    apk) _name=$3 ;;
    *) _name="$1" ;;
    esac
    [ "$_name" = - ] || missing="$missing $_name"
}

find_manager() {
    for manager in apt-get dnf apk; do
        if has_command $manager; then
            return
        fi
    done
    manager=none
}

# Set `sudo` to what makes this user root, or fail: there is WHAT to install.
find_sudo() { # WHAT
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        has_command sudo || fail "not root and no sudo; as root, install: $1"
        sudo="sudo -n"
        $sudo true 2>/dev/null || sudo=sudo # it may ask for the password, which only it can
    fi
}

# apt-get update, once: the lists of a fresh machine or image are empty, or of the day it was made.
refreshed=
refresh_lists() {
    if [ -z "$refreshed" ]; then
        $sudo apt-get update -qq </dev/null && refreshed=yes
    fi
}

# Install what `want` collected; nothing at all if that is nothing.
install_missing() {
    [ -n "$missing" ] || return 0
    [ $manager != none ] || fail "please install the equivalents of these Debian packages:$missing"
    find_sudo "$missing"
    say "installing with $manager:$missing"
    _log=$(mktemp)
    # shellcheck disable=SC2086 # the lists are lists
    case $manager in
    apt-get)
        { refresh_lists && $sudo env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $missing; } >"$_log" 2>&1 </dev/null
        ;;
    dnf) $sudo dnf install -y -q $missing >"$_log" 2>&1 </dev/null ;;
    apk) $sudo apk add -q --no-progress $missing >"$_log" 2>&1 </dev/null ;;
    esac || { cat "$_log" >&2; rm -f "$_log"; fail "$manager could not install:$missing"; }
    rm -f "$_log"
    missing=
}

# Debian has llhttp as a library since version 13, and before as sources within another package.
want_llhttp() {
    _debian=node-llhttp
    if [ $manager = apt-get ]; then
        find_sudo libllhttp-dev
        refresh_lists >/dev/null 2>&1 # if it fails, installing will, and says why
        if apt-cache show libllhttp-dev >/dev/null 2>&1; then
            _debian=libllhttp-dev
        fi
    fi
    want $_debian llhttp-devel llhttp-dev
}

# True if gcorn can embed $1: 3.9 or later, with its headers and its library.
can_embed() {
    "$1" - <<'END' 2>/dev/null
import os, sys, sysconfig
var = sysconfig.get_config_var
header = os.path.join(sysconfig.get_path("include"), "Python.h")
libraries = [os.path.join(var(folder) or "", var(name) or "")
             for folder in ("LIBDIR", "LIBPL") for name in ("LDLIBRARY", "LIBRARY")]
found = os.path.isfile(header) and any(map(os.path.isfile, libraries))
sys.exit(not (found and sys.version_info >= (3, 9)))
END
}

# Set `python` to the real executable behind $PYTHON, or python3 on PATH; the system's own, if that
# one has no library to embed.
find_python() {
    for _candidate in ${PYTHON:-python3 /usr/bin/python3}; do
        python=$("$_candidate" -c 'import sys; print(sys.executable)' 2>/dev/null) || continue
        if can_embed "$python"; then
            return 0
        fi
        say "$python cannot be embedded (older than 3.9, or without headers or library)"
    done
    return 1
}

# What building gcorn takes, and a Python with its virtual environments.
install_build_tools() {
    find_manager
    has_command "${CC:-cc}" || want gcc gcc "gcc musl-dev"
    install_missing # the checks for headers ask the compiler
    has_header stdlib.h || want libc6-dev glibc-devel musl-dev
    has_command cmake || want cmake cmake cmake
    has_command ninja || want ninja-build ninja-build samurai
    has_llhttp || want_llhttp
    has_header yaml.h || want libyaml-dev libyaml-devel yaml-dev
    has_command python3 || want "python3 python3-dev python3-venv" python3-devel python3-dev
    install_missing
    if ! find_python; then
        want python3-dev python3-devel python3-dev
        install_missing
        find_python || fail "no Python 3.9 or later to embed; name one with PYTHON=/path/to/python3"
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        want python3-venv python3-libs py3-pip
        install_missing
    fi
    say "Python: $("$python" -c 'import sys; print(sys.version.split()[0], sys.executable)')"
}

# make_venv FOLDER REQUIREMENTS: a virtual environment of $python with what the file lists. It is
# made anew when the Python or the list has changed, and left alone otherwise.
make_venv() {
    _stamp=$("$python" -V; echo "$python"; cat "$2")
    if [ -f "$1/stamp" ] && [ "$(cat "$1/stamp")" = "$_stamp" ]; then
        return 0
    fi
    say "making the virtual environment $1"
    rm -rf "$1"
    "$python" -m venv "$1" || fail "could not make the virtual environment $1"
    "$1/bin/pip" install -q --disable-pip-version-check --no-input -r "$2" >"$1/pip.log" 2>&1 </dev/null ||
        { cat "$1/pip.log" >&2; fail "could not install $2 into $1"; }
    printf '%s\n' "$_stamp" >"$1/stamp"
}

# True if FOLDER is configured for $python.
is_configured() {
    grep -q "^$python " "$1/configured" 2>/dev/null
}

# configure FOLDER ARGUMENT...: run CMake in $root, afresh if the folder was made for another Python.
# Nothing to do if it was configured so before: the build notices by itself when a CMake file changed.
configure() {
    _folder=$1
    shift
    mkdir -p "$_folder"
    if grep -qxF "$python $*" "$_folder/configured" 2>/dev/null; then
        return 0
    fi
    is_configured "$_folder" || rm -f "$_folder/CMakeCache.txt"
    say "configuring $_folder"
    _launcher=
    if has_command ccache; then
        _launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
    fi
    # shellcheck disable=SC2086 # the launcher is one word or none
    (cd "$root" && cmake -G Ninja $_launcher -DPython3_EXECUTABLE="$python" "$@") \
        >"$_folder/configure.log" 2>&1 || { cat "$_folder/configure.log" >&2; return 1; }
    echo "$python $*" >"$_folder/configured"
}

# build FOLDER: quietly, unless it fails.
build() {
    say "building in $1"
    cmake --build "$1" >"$1/build.log" 2>&1 || { cat "$1/build.log" >&2; return 1; }
}
