# SPDX-License-Identifier: MIT
"""Starting, stopping, replacing: the command line, app specifications, signals, exit codes."""
import os
import signal
import subprocess
import sys

import pytest

from harness import places
from harness.hooked import BOTH
from harness.process import wait_until
from harness.server import Server, environment


def run(*args, env=None, cwd=places.APPS):
    """Run gcorn to its end."""
    return subprocess.run([str(places.GCORN), *args], env=environment(env), cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)


def test_version_and_help_are_printed():
    assert "gcorn" in run("--version").stdout
    text = run("--help").stdout
    for flag in ("--bind", "--workers", "--timeout", "--config", "--chdir"):
        assert flag in text


@pytest.mark.parametrize("spec, body", [
    ("probe:app", b"Hello, World!"), ("probe:nested.app", b"nested"), ("probe:make_app()", b"made!"),
    ("probe:make_app('other')", b"other!"), ("probe:make_app('other', mark='?')", b"other?"),
    ("application", b"the default name")])
def test_an_app_specification_is_understood(gcorn, spec, body):
    assert gcorn(spec).get("/hello").body == body


@pytest.mark.parametrize("spec, code, words", [
    ("nowhere:app", 3, ["nowhere"]), ("probe:nothing", 4, ["nothing"]), ("probe:not_callable", 4, ["callable"]),
    ("probe:make_app(", 4, ["make_app("]), ("probe:make_app(1, 2, 3)", 4, ["make_app"]),
    ("raises_at_import:app", 3, ["RuntimeError", "broken at import", "raises_at_import.py"]),
    ("syntax_error:app", 3, ["SyntaxError", "syntax_error.py"])])
def test_an_app_that_cannot_be_loaded_stops_the_start(spec, code, words):
    ended = run("-b", "127.0.0.1:0", "-w", "2", spec)
    assert ended.returncode == code, ended.stdout
    for word in words:
        assert word in ended.stdout, ended.stdout


@pytest.mark.parametrize("args, code", [
    (["--no-such-option", "probe:app"], 2), (["-w", "many", "probe:app"], 2), ([], 1),
    (["-b", "127.0.0.1:99999", "probe:app"], 1), (["-c", "no-such-file.yaml", "probe:app"], 1)])
def test_a_wrong_command_line_stops_the_start(args, code):
    ended = run(*args)
    assert ended.returncode == code, ended.stdout
    assert ended.stdout.strip(), "no word of why"


@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
def test_numbers_that_are_practically_endless_are_served_with(gcorn, worker_class):
    names = ["timeout", "graceful-timeout", "keep-alive", "request-timeout", "header-timeout", "body-timeout", "send-timeout",
             "worker-connections", "max-requests", "max-requests-jitter", "backlog", "limit-request-line",
             "limit-request-fields", "limit-request-field_size"]
    server = gcorn("-k", worker_class, *[f"--{name}=9223372036854775807" for name in names], "--access-log-slow",
                   "9223372036854775", "--access-logfile", "-", "probe:app")
    with server.connect() as connection:
        for _ in range(2):
            assert connection.get("/hello").status == 200
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log("reloaded: ")
    assert server.get("/hello").status == 200


def test_a_yaml_file_configures(gcorn, tmp_path):
    config = tmp_path / "gcorn.yaml"
    config.write_text("workers: 3\nkeepalive: 7\n")
    server = gcorn("-c", str(config), "probe:app")
    server.wait_workers(3)
    with server.connect() as connection:
        assert connection.get("/hello").status == 200


def test_chdir_comes_first_in_the_path(gcorn, tmp_path):
    (tmp_path / "application.py").write_text(
        "import os\ndef application(e, s):\n    s('200 OK', [])\n    return [os.getcwd().encode()]\n")
    server = gcorn("--chdir", str(tmp_path), "application")
    assert server.get("/").text == str(tmp_path)


@BOTH
def test_the_directory_of_the_start_comes_behind_chdir_in_the_path(tmp_path, argv_of):
    (tmp_path / "application.py").write_text("from probe import app as application\n")
    server = Server(argv_of("--chdir", tmp_path, "application"))
    try:
        assert server.get("/hello").status == 200
    finally:
        server.stop()


def test_a_virtual_environment_is_used(gcorn, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)
    folder = next((tmp_path / "v" / "lib").glob("python3*")) / "site-packages"
    (folder / "only_there.py").write_text(
        "import sys\ndef app(e, s):\n    s('200 OK', [])\n    return [sys.prefix.encode()]\n")
    server = gcorn("only_there:app", env={"VIRTUAL_ENV": str(tmp_path / "v")})
    assert server.get("/").text == str(tmp_path / "v")


def test_a_virtual_environment_of_another_python_is_refused(tmp_path):
    venv = tmp_path / "v"
    (venv / "lib" / "python3.1" / "site-packages").mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.1.0\n")
    ended = run("-b", "127.0.0.1:0", "probe:app", env={"VIRTUAL_ENV": str(venv)})
    version = "%d.%d" % sys.version_info[:2]
    assert ended.returncode != 0
    assert "3.1" in ended.stdout and version in ended.stdout and str(venv) in ended.stdout, ended.stdout


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_it_with_0(gcorn, signum):
    server = gcorn("probe:app", "-w", "2")
    server.get("/hello")
    assert server.stop(signum) == 0


def test_term_finishes_the_running_request(gcorn):
    server = gcorn("probe:app")
    with server.connect() as connection:
        connection.request("GET", "/sleep/700")
        wait_until(lambda: is_taken(server), "the request is running")
        os.kill(server.pid, signal.SIGTERM)
        assert connection.response().status == 200
    assert server.wait_exit() == 0


def is_taken(server):
    """True once the worker has read the request: nothing is left in any of its sockets."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    port = "%04X" % server.address[1]
    ours = [row for row in rows if row[1].endswith(":" + port) and row[3] == "01"]
    return ours and all(int(row[4].split(":")[1], 16) == 0 for row in ours)


def test_a_dead_worker_is_replaced(gcorn):
    server = gcorn("probe:app", "-w", "2")
    first = set(server.wait_workers(2))
    victim = sorted(first)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(server.workers) - {victim}) == 2, "a new worker")
    assert server.get("/hello").status == 200
    server.wait_log(rf"\b{victim}\b.* SIGKILL")


def test_a_worker_that_leaves_by_itself_is_replaced(gcorn):
    server = gcorn("probe:app")
    with server.connect() as connection:
        connection.request("GET", "/crash")
        assert connection.read_all() == b""
    assert server.get("/hello").status == 200


def test_a_silent_worker_is_killed(gcorn):
    server = gcorn("probe:app", "-t", "1", "--graceful-timeout", "2")
    with server.connect() as connection:
        connection.request("GET", "/sleep/20000")
        connection.read_all()
    assert server.get("/hello").status == 200
    server.wait_log(r"(?i)timeout")


def test_the_processes_have_names(gcorn):
    server = gcorn("probe:app")
    def title(pid):
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read()
    wait_until(lambda: "gcorn: master" in title(server.pid), "the title of the arbiter")
    worker = server.wait_workers(1)[0]
    wait_until(lambda: "gcorn: worker" in title(worker), "the title of the worker")


def test_threads_of_the_app_run_while_the_worker_waits(gcorn):
    server = gcorn("probe:app")
    first = int(server.get("/thread").body)
    wait_until(lambda: int(server.get("/thread").body) > first + 20, "the thread of the app makes progress")
