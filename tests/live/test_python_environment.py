# SPDX-License-Identifier: MIT
"""The interpreter decides on its encodings, its paths and its flags as the program python3 does, whatever the
process environment says; and a virtual environment is what it says it is.
"""
import os
import re
import subprocess
import sys
import textwrap

import pytest

from harness import places
from harness.process import Process
from harness.server import Server, environment

FACTS = textwrap.dedent('''
    import locale, os, sys

    def facts():
        here = os.path.dirname(os.path.abspath(__file__))
        return repr({
            "flags": [getattr(sys.flags, name) for name in
                      ("utf8_mode", "dev_mode", "hash_randomization", "no_user_site", "optimize", "inspect")],
            "encodings": (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(),
                          locale.getpreferredencoding(False), sys.stdout.encoding, sys.stdout.errors,
                          sys.stderr.errors),
            "LC_CTYPE": os.environ.get("LC_CTYPE"),
            "prefixes": (sys.prefix, sys.base_prefix, sys.exec_prefix),
            "executable": os.path.realpath(sys.executable),
            "path": [entry for entry in sys.path if entry not in ("", ".", here)],
            "bytecode": sys.dont_write_bytecode,
            "warnings": sys.warnoptions,
        })

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [facts().encode("utf-8", "backslashreplace")]
''')


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "facts.py").write_text(FACTS)
    return tmp_path


@pytest.mark.parametrize("variables", [
    {}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "no_such_locale"},
    {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONUTF8": "1"},
    {"PYTHONIOENCODING": "latin-1:replace"}, {"PYTHONDEVMODE": "1"}, {"PYTHONPATH": "/tmp/x:/tmp/y"},
    {"PYTHONNOUSERSITE": "1"}, {"PYTHONOPTIMIZE": "2"}, {"PYTHONWARNINGS": "ignore"}, {"PYTHONINSPECT": "1"},
], ids=lambda variables: ",".join(f"{name}={value}" for name, value in variables.items()) or "none")
def test_python_is_set_up_as_the_program_python_is(gcorn, folder, variables):
    env = environment(variables)
    program = "import sys; sys.path.insert(0, '.'); import facts; print(facts.facts(), end='')"
    theirs = subprocess.run([sys.executable, "-c", program], env=env, cwd=folder, stdin=subprocess.DEVNULL,
                            capture_output=True, check=True)
    process = gcorn("facts:app", cwd=folder, env=variables)
    assert process.get("/").body.decode() == theirs.stdout.decode()


NO_WATCHER = textwrap.dedent('''
    import _testcapi

    try:
        while True:
            _testcapi.add_dict_watcher(0)
    except RuntimeError:
        pass
''')
SETS = textwrap.dedent('''
    def app(environ, start_response):
        seen = environ.setdefault("X", environ["QUERY_STRING"] + environ["REMOTE_PORT"])
        start_response("200 OK", [])
        return [seen.encode()]
''')


@pytest.mark.skipif(sys.version_info < (3, 12), reason="dictionaries cannot be watched")
def test_others_may_watch_all_dictionaries(gcorn, tmp_path):
    """… in each of the few places that an interpreter has: environs are then for one request each."""
    pytest.importorskip("_testcapi")
    (tmp_path / "sitecustomize.py").write_text(NO_WATCHER)
    (tmp_path / "sets.py").write_text(SETS)
    server = gcorn("sets:app", env={"PYTHONPATH": str(tmp_path)})
    for _ in range(3):
        with server.connect() as connection:
            port = connection.socket.getsockname()[1]
            assert [connection.get("/?a").text for _ in range(2)] == [f"a{port}"] * 2


def run_to_its_end(folder, *args, **variables):
    process = Process([places.GCORN, "-b", "127.0.0.1:0", "--chdir", folder, *args, "facts:app"],
                      env=environment(variables), cwd=folder)
    return process.wait_exit(), process.log


def fake_environment(path, version):
    (path / "bin").mkdir(parents=True)
    (path / "bin" / "python3").symlink_to(sys.executable)
    (path / "pyvenv.cfg").write_text(f"home = {os.path.dirname(sys.executable)}\nversion = {version}\n")
    return path


@pytest.mark.parametrize("by", ["--venv", "VIRTUAL_ENV"])
def test_an_environment_of_another_version_is_refused(folder, by):
    venv = fake_environment(folder / "venv", "3.7.1")
    args, variables = (("--venv", venv), {}) if by == "--venv" else ((), {"VIRTUAL_ENV": str(venv)})
    code, log = run_to_its_end(folder, *args, **variables)
    ours = "{}.{}".format(*sys.version_info)
    assert code == 3
    assert f"{venv} is for Python 3.7, but this gcorn runs Python {ours}" in log
    assert f"python{ours} -m venv {venv}" in log


def test_the_setting_wins_over_the_variable(gcorn, folder):
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    library = venv / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages"
    (library / "only_there.py").write_text("VALUE = 7\n")
    (folder / "facts.py").write_text("import only_there\n" + FACTS)
    server = gcorn("facts:app", "--chdir", folder, "--venv", venv)
    assert f"'{venv}'" in server.get("/").body.decode()


@pytest.mark.parametrize("config", [False, True], ids=["plain", "config file"])
@pytest.mark.parametrize("by", ["PATH", "argv[0]"])
def test_an_environment_need_not_be_activated(folder, by, config):
    """As in an image with ENV PATH=/opt/venv/bin:$PATH, or a unit with ExecStart=/srv/venv/bin/gcorn."""
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "bin" / "gcorn").symlink_to(places.GCORN)
    (folder / "conf.py").write_text("raw_env = ['PATH=/usr/bin:/bin']\n")
    path = f"{venv}/bin:{os.environ['PATH']}" if by == "PATH" else "/usr/bin:/bin"
    program = places.GCORN if by == "PATH" else venv / "bin" / "gcorn"
    args = ["-c", folder / "conf.py"] if config else []
    server = Server([program, "-b", "127.0.0.1:0", "--chdir", folder, *args, "facts:app"],
                    env={"VIRTUAL_ENV": "", "PATH": path})
    try:
        assert f"'{venv}'" in server.get("/").body.decode()
    finally:
        server.stop()


def test_an_environment_of_another_python_that_is_only_on_the_path_is_left_alone(gcorn, folder):
    venv = fake_environment(folder / "old", "3.1.4")
    server = gcorn("--chdir", folder, "facts:app",
                   env={"VIRTUAL_ENV": "", "PATH": f"{venv}/bin:{os.environ['PATH']}"})
    assert f"'{venv}'" not in server.get("/").body.decode()
    assert re.search(r"\[WARNING\] PATH: .*3\.1\b.*; it is left alone", server.log), server.log


def test_a_config_file_runs_in_the_environment_of_the_command_line(gcorn, folder):
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (folder / "conf.py").write_text(f"import sys\nassert sys.prefix == {str(venv)!r}, sys.prefix\n")
    server = gcorn("facts:app", "-c", folder / "conf.py", "--chdir", folder, "--venv", venv)
    assert server.get("/").status == 200
    (folder / "conf.py").write_text(f"venv = {str(venv)!r}\n")
    code, log = run_to_its_end(folder, "-c", "conf.py")
    assert code == 3
    assert "set venv on the command line, or VIRTUAL_ENV" in log


def resident_of_libpython(pid):
    """{part of the library: resident KiB} of a process."""
    parts, part = {}, None
    with open(f"/proc/{pid}/smaps") as maps:
        for line in maps:
            words = line.split()
            if not words[0].endswith(":"):
                part = (words[1], words[2]) if "libpython" in line else None
            elif part and words[0] == "Rss:":
                parts[part] = int(words[1])
    return parts


def path_of_libpython(pid):
    with open(f"/proc/{pid}/maps") as maps:
        return next((line.split(maxsplit=5)[5].strip() for line in maps if "libpython" in line), None)


@pytest.mark.release
def test_an_arbiter_without_python_has_no_more_of_it_than_the_loader_maps(gcorn, tmp_path):
    (tmp_path / "gcorn.yaml").write_text("workers: 1\n")
    server = gcorn("-c", tmp_path / "gcorn.yaml", "probe:app")
    assert server.get("/hello").status == 200
    library = path_of_libpython(server.pid)
    if library is None:
        pytest.skip("libpython is not a shared library")
    with subprocess.Popen(["cat"], env={**os.environ, "LD_PRELOAD": library}, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as stranger:
        stranger.stdin.write(b"loaded\n")
        stranger.stdin.flush()
        assert stranger.stdout.readline() == b"loaded\n"
        theirs = resident_of_libpython(stranger.pid)
        stranger.stdin.close()
    ours = resident_of_libpython(server.pid)
    assert ours.keys() == theirs.keys()
    for part, resident in ours.items():
        assert resident <= theirs[part] + 64, (part, ours, theirs)  # what one fault brings along
