# SPDX-License-Identifier: MIT
"""The setting daemon: a server in the background, and what its command says."""
import os
import re
import signal
import subprocess

import pytest

from harness import places
from harness.life import children, is_alive, wait_until
from harness.server import environment
from harness.wire import Connection


class Daemon:
    """A server in the background: only its pidfile tells who it is."""

    def __init__(self, folder, *args, errorlog=None, output=subprocess.PIPE, closed=""):
        self.pidfile, self.log_file = folder / "pid", folder / "log"
        self.args = [str(places.GCORN), "-D", "-b", "127.0.0.1:0", "-p", str(self.pidfile), "--log-file",
                     errorlog or str(self.log_file), "--log-level", "debug", *args]
        try:
            self.done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *self.args], env=environment(),
                                       cwd=places.APPS, timeout=20, text=True, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, check=False)
        except subprocess.TimeoutExpired:
            self.stop()
            raise

    @property
    def pid(self):
        """What the pidfile says; None while there is none."""
        try:
            return int(self.pidfile.read_text())
        except FileNotFoundError:
            return None

    def log(self):
        """What the command has said, and the file."""
        return (self.done.stdout or "") + (self.log_file.read_text() if self.log_file.exists() else "")

    def wait_log(self, pattern):
        return wait_until(lambda: re.search(pattern, self.log()), pattern)

    def get(self, target):
        port = int(re.search(r"listening at: http://127\.0\.0\.1:(\d+)", self.log()).group(1))
        with Connection(("127.0.0.1", port)) as connection:
            return connection.get(target).body

    def stop(self):
        pid = self.pid
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_alive(pid), "the end of the daemon")
        wait_until(lambda: not self.pidfile.exists(), "the end of the pidfile")


def test_a_daemon_is_up_when_its_command_is_done(tmp_path):
    daemon = Daemon(tmp_path, "-w", "2", "life:app")
    assert daemon.done.returncode == 0, daemon.done.stdout
    assert daemon.done.stdout == ""
    assert daemon.get("/") == b"hello"
    pid = daemon.pid
    assert os.getsid(pid) != os.getsid(0) and os.getsid(pid) != pid
    assert os.readlink(f"/proc/{pid}/fd/0") == os.readlink(f"/proc/{pid}/fd/2") == "/dev/null"
    os.kill(pid, signal.SIGWINCH)
    daemon.wait_log("now no workers")
    os.kill(pid, signal.SIGHUP)
    daemon.wait_log("reloaded: 2 workers")
    assert daemon.get("/") == b"hello"
    daemon.stop()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_a_daemon_may_be_started_with_closed_streams(tmp_path, closed):
    daemon = Daemon(tmp_path, "life:app", closed=closed)
    try:
        for pid in (daemon.pid, *children(daemon.pid)):
            assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}
        os.kill(daemon.pid, signal.SIGHUP)
        daemon.wait_log("reloaded: 1 workers")
        assert daemon.get("/print/word") == b"printed"
    finally:
        daemon.stop()


def test_a_daemon_may_keep_its_standard_output(tmp_path):
    with open(tmp_path / "output", "w") as output:
        daemon = Daemon(tmp_path, "-R", "life:app", output=output)
    for fd in (1, 2):
        assert os.readlink(f"/proc/{daemon.pid}/fd/{fd}") == str(tmp_path / "output")
    assert os.readlink(f"/proc/{daemon.pid}/fd/0") == "/dev/null"
    daemon.stop()


def test_the_command_of_a_daemon_says_that_the_start_failed(tmp_path):
    daemon = Daemon(tmp_path, "raises_at_import:app")
    assert daemon.done.returncode == 3
    assert "broken at import" in daemon.log()
    assert not daemon.pidfile.exists()


@pytest.mark.parametrize("app, code", [("raises_at_import:app", 1), ("life:app", 3)], ids=["preloading", "worker"])
def test_the_command_of_a_daemon_says_why_the_start_failed(tmp_path, app, code):
    config = tmp_path / "config.py"
    config.write_text("def post_fork(server, worker):\n    raise ValueError('broken in a worker')\n")
    daemon = Daemon(tmp_path, "--preload", "-c", str(config), app, errorlog="-")
    assert daemon.done.returncode == code
    assert "Error: broken" in daemon.done.stdout and "gcorn stops" in daemon.done.stdout
    assert not daemon.pidfile.exists()


@pytest.mark.parametrize("args", [
    ("--preload",),
    ("--capture-output",),
    ("--access-logfile", "-", "--preload", "--reload"),
])
def test_what_reads_the_output_of_the_command_sees_its_end(tmp_path, args):
    """A pipe ends when nobody has it any more: neither the arbiter, nor a worker, nor who preloads."""
    daemon = Daemon(tmp_path, "-w", "2", *args, "life:app", errorlog="-")
    try:
        assert daemon.done.returncode == 0 and not daemon.log_file.exists()
        assert "[WARNING] errorlog: - leads nowhere once a daemon has started" in daemon.done.stdout
        assert daemon.get("/print/word") == b"printed"
    finally:
        daemon.stop()


@pytest.mark.parametrize("args", [
    ("--preload",),
    ("--capture-output",),
    ("-R", "--capture-output"),
    ("--access-logfile", "-"),
])
def test_the_same_with_a_file_for_the_error_log(tmp_path, args):
    daemon = Daemon(tmp_path, *args, "life:app")
    try:
        assert daemon.done.returncode == 0 and daemon.done.stdout == ""
        assert daemon.get("/print/word") == b"printed"
        assert ("word" in daemon.log()) == ("--capture-output" in args)
    finally:
        daemon.stop()




def test_a_daemon_without_logs_obeys_signals(tmp_path):
    daemon = Daemon(tmp_path, "--preload", "--capture-output", "--access-logfile", "-", "life:app", errorlog="-")
    old = daemon.pid
    try:
        before = set(children(old))
        os.kill(old, signal.SIGUSR1)
        os.kill(old, signal.SIGHUP)
        wait_until(lambda: len(children(old)) == 2 and not before & set(children(old)), "new processes")
        assert daemon.get("/") == b"hello"
        os.kill(old, signal.SIGUSR2)
        upgraded = tmp_path / "pid.2"
        wait_until(lambda: upgraded.exists() and len(children(int(upgraded.read_text()))) == 2, "the new server")
        os.kill(old, signal.SIGTERM)
        wait_until(lambda: not is_alive(old), "the end of the old server")
        wait_until(lambda: daemon.pid not in (None, old), "the new pidfile")
        assert daemon.get("/") == b"hello"
        for pid in (daemon.pid, *children(daemon.pid)):
            assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}
    finally:
        daemon.stop()


def test_a_daemon_can_be_upgraded(tmp_path):
    daemon = Daemon(tmp_path, "life:app")
    old = daemon.pid
    os.kill(old, signal.SIGUSR2)
    new = int(daemon.wait_log(r"the new server is process (\d+)").group(1))
    wait_until(lambda: daemon.log().count("is ready") == 2, "the new worker")
    os.kill(old, signal.SIGTERM)
    wait_until(lambda: not is_alive(old), "the end of the old server")
    wait_until(lambda: daemon.pidfile.exists() and daemon.pid == new, "the new pidfile")
    daemon.stop()
