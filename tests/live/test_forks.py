# SPDX-License-Identifier: MIT
"""Processes that the app forks by itself are no workers: they hold nothing of the server and never answer."""
import contextlib
import os
import re
import signal

import pytest

from harness.addresses import free_address
from harness.life import is_alive, start, wait_until
from harness.wire import Connection


@pytest.fixture(params=[(), ("--threads", "3"), ("--preload",)], ids=["sync", "gthread", "preload"])
def server(gcorn, request):
    server = gcorn("forks:app", *request.param, "--keep-alive", "5", bind=free_address())
    server.get("/")
    return server


@pytest.fixture
def left_behind():
    """A list of processes that a test leaves behind: they are ended with it."""
    pids = []
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_a_child_holds_nothing_of_the_server(server):
    with server.connect() as idle:
        idle.get("/")
        found = server.get("/descriptors/fork").text.split()
    assert not [name for name in found if re.match(r"socket:|anon_inode:", name)], found
    assert server.get("/descriptors/exec").text == "0"


@pytest.mark.parametrize("how, code, words", [
    ("_exit", 5, ""), ("sys.exit", 6, ""), ("raise", 1, "ValueError: in the child"),
    ("return", 0, "came back from the app"), ("chatter", 1, "Error in process")])
def test_a_child_never_does_a_workers_work(server, how, code, words):
    with server.connect() as connection:
        worker = connection.get("/pid").text
        assert connection.get(f"/child/{how}").text == str(code)
        assert connection.get("/pid").text == worker
    server.wait_log(re.escape(words))
    assert "leaves" not in server.log


def test_a_child_that_is_forked_inside_the_body_adds_nothing_to_it(server):
    assert server.get("/generator").text == "one two"
    assert server.get("/").text == "hello"


def test_a_connection_is_closed_although_a_child_lives(server, left_behind):
    with server.connect() as connection:
        connection.request("GET", "/hold", [("Connection", "close")])
        left_behind.append(int(connection.response().text))
        assert connection.is_ended()


def test_a_restarted_server_can_bind_although_a_child_lives(server, left_behind):
    left_behind.append(int(server.get("/hold").text))
    os.kill(server.pid, signal.SIGTERM)
    server.popen.wait(10)
    assert is_alive(left_behind[0])
    again = start("-b", "%s:%d" % server.address, "forks:app")
    again.wait_log("listening at:", 10)
    assert "attempt" not in again.log
    assert again.stop() == 0
    os.kill(left_behind[0], signal.SIGKILL)  # it has the log's descriptor, whose end is waited for


@pytest.mark.parametrize("args", [(), ("--preload",)], ids=["plain", "preload"])
def test_a_child_that_is_forked_at_import_holds_no_address(gcorn, args):
    server = gcorn("forks:app", *args, env={"FORK_AT_IMPORT": "1"})
    server.get("/")
    ours = {server.pid, *server.workers}
    left = everybody(server.pid) - ours
    try:
        assert left and all(map(listens, ours))
        wait_until(lambda: not any(map(listens, left)), "the end of their descriptors")
    finally:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):  # the server's own children come and go
                os.kill(pid, signal.SIGKILL)


def everybody(group):
    return {int(name) for name in os.listdir("/proc") if name.isdigit() and group_of(int(name)) == group}


def group_of(pid):
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def listens(pid):
    with open("/proc/net/tcp") as file:
        inodes = {line.split()[9] for line in file if line.split()[3] == "0A"}
    links = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended, or the descriptor is closed
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    return any(f"socket:[{inode}]" in links for inode in inodes)


def test_a_child_can_be_terminated(server):
    assert server.get("/terminate").text == str(-signal.SIGTERM)
    assert server.get("/own_handler").text == "8"


def test_a_pool_of_processes_works_and_does_not_hold_up_the_end(server):
    assert server.get("/pool").text == "55"
    assert server.get("/pool").text == "55"
    assert server.stop(seconds=5) == 0
    assert "did not leave" not in server.log
