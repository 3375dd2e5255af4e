# SPDX-License-Identifier: MIT
"""Workers that die, hang or have enough; and the death of the arbiter itself.

GCORN_TORTURE_KILLS is how many workers are killed in a row to see that nothing is left of them (50 in the suite).
"""
import os
import re
import signal
import time

import pytest

from harness import places
from harness.addresses import free_address
from harness.life import Answer, is_alive, send, start, wait_busy, wait_until
from harness.load import Load
from harness.process import descriptors

KILLS = int(os.environ.get("GCORN_TORTURE_KILLS", "50"))


@pytest.mark.parametrize("path, words", [
    ("/kill/9", "was killed by SIGKILL"), ("/kill/11", "was killed by SIGSEGV"), ("/exit/7", "left with code 7"),
    ("/exit/3", "left with code 3"), ("/exit/0", "left with code 0")])
def test_a_crash_is_explained_and_the_worker_replaced(gcorn, path, words):
    server = gcorn("life:app")
    worker = int(server.get("/pid").body)
    answer = Answer(server.get, path)
    server.wait_log(rf"worker {worker} {words}.*, in GET {path} for 0\.\d s")
    with pytest.raises((OSError, AssertionError)):
        answer.get()
    assert int(server.get("/pid").body) != worker


def test_a_silent_worker_shows_its_stack_and_is_replaced(gcorn):
    server = gcorn("life:app", "-t", "1")
    worker = int(server.get("/pid").body)
    Answer(server.get, "/sleep/30")
    server.wait_log(rf"CRITICAL\] worker {worker} has been silent .*, in GET /sleep/30 for")
    server.wait_log(r'File ".*life\.py", line \d+ in sleep')
    wait_until(lambda: int(server.get("/pid").body) != worker, "another worker")
    wait_until(lambda: not is_alive(worker), "the end of the silent worker")


def test_a_worker_that_cannot_be_aborted_is_killed(gcorn):
    server = gcorn("life:app", "-t", "1")
    worker = int(server.get("/pid").body)
    os.kill(worker, signal.SIGSTOP)
    server.wait_log(rf"worker {worker} has been silent")
    server.wait_log(rf"worker {worker} did not leave in time")
    wait_until(lambda: not is_alive(worker), "the end of the silent worker")
    assert int(server.get("/pid").body) != worker


def test_a_call_that_keeps_the_interpreter_from_other_threads_is_silence(gcorn):
    server = gcorn("life:app", "-t", "1", "--threads", "3")
    worker = int(server.get("/pid").body)
    slow = Answer(server.get, "/sleep/3")  # which in itself is none
    Answer(server.get, "/hold/30")
    server.wait_log(rf"CRITICAL\] worker {worker} has been silent .* for")
    server.wait_log(r'File ".*life\.py", line \d+ in hold')
    wait_until(lambda: not is_alive(worker), "the end of the silent worker")
    assert int(server.get("/pid").body) != worker
    with pytest.raises((OSError, AssertionError)):
        slow.get()


def test_idle_workers_are_not_silent(gcorn):
    server = gcorn("life:app", "-t", "2", "-w", "2", "--keep-alive", "5", "--log-level", "debug")
    server.wait_log("is ready", count=2)  # to boot may take a busy machine longer than -t
    workers = server.wait_workers(2)
    with server.connect() as connection:
        connection.get("/")
        assert connection.is_ended(), "the end of keep-alive, 5 s later"
    assert server.workers == workers


@pytest.mark.parametrize("args", [(), ("--preload",), ("--threads", "2")], ids=["sync", "preload", "gthread"])
def test_a_pause_of_the_whole_machine_costs_nobody_anything(gcorn, args):
    """As when its virtual machine moves, or its container is frozen: timeouts pass and nobody has done wrong."""
    server = gcorn("life:app", "-w", "2", "-t", "2", "--keep-alive", "2", "--log-level", "debug", *args)
    server.wait_log("is ready", count=2)
    workers = server.workers
    with server.connect() as connection:
        connection.request("GET", "/pid")
        assert int(connection.response().body) in workers
        answer = Answer(server.get, "/sleep/1")
        wait_busy(server)
        os.killpg(server.pid, signal.SIGSTOP)
        connection.request("GET", "/pid")
        time.sleep(5)  # longer than the timeouts: this is what happens to it
        os.kill(server.pid, signal.SIGCONT)
        time.sleep(0.3)  # the arbiter may be the first to go on, and see all the others silent
        os.killpg(server.pid, signal.SIGCONT)
        assert int(connection.response().body) in workers
    assert answer.get().status == 200
    assert server.workers == workers
    assert "silent" not in server.log


def test_timeout_0_means_never(gcorn):
    server = gcorn("life:app", "-t", "0")
    assert server.get("/sleep/1.5").body == b"slept"


def test_max_requests_replaces_workers_under_load_and_loses_nothing(gcorn):
    server = gcorn("life:app", "-w", "2", "--max-requests", "20", "--max-requests-jitter", "5")
    load = Load(server, "/pid")
    wait_until(lambda: len(set(load.answers)) > 6, "many workers", 20)
    load.finish()


def test_max_worker_memory_replaces_a_worker(gcorn):
    server = gcorn("life:app", "--max-worker-memory", "200M")
    worker = int(server.get("/pid").body)
    assert int(server.get("/pid").body) == worker
    server.get("/grow/250")
    wait_until(lambda: int(server.get("/pid").body) != worker, "another worker")
    server.wait_log(r"more than max_worker_memory \(200 MiB\)")
    wait_until(lambda: not is_alive(worker), "the end of the large worker")


@pytest.mark.timeout(60 + KILLS)
def test_killed_workers_leave_nothing_behind(gcorn):
    """No zombie: the children that the kernel knows are two workers that live. No descriptor and no slot of the
    scoreboard: when those run out there is a larger board, with more descriptors."""
    server = gcorn("life:app", "-w", "2", "--log-level", "debug")
    server.wait_log("is ready", count=2)
    before = descriptors(server.pid)
    for count in range(KILLS):
        os.kill(server.wait_workers(2)[0], signal.SIGKILL)
        server.wait_log("is ready", count=3 + count)
    assert all(is_alive(pid) for pid in server.wait_workers(2))
    assert descriptors(server.pid) == before


def test_orphaned_workers_finish_and_leave(gcorn):
    server = gcorn("life:app", "-w", "2", expect=-signal.SIGKILL, bind=free_address())
    workers = server.wait_workers(2)
    server.get("/")
    answer = Answer(server.get, "/sleep/1")
    wait_busy(server)
    send(server, signal.SIGKILL)
    assert answer.get().body == b"slept"
    wait_until(lambda: not any(map(is_alive, workers)), "the end of the workers", 5)
    again = start("-b", "%s:%d" % server.address, "life:app")
    try:
        again.wait_log("listening at:")
        assert "attempt" not in again.log
    finally:
        again.stop()


def test_orphaned_workers_do_not_finish_what_takes_longer_than_two_seconds(gcorn):
    server = gcorn("life:app", expect=-signal.SIGKILL)
    workers = server.wait_workers(1)
    Answer(server.get, "/sleep/30")
    wait_busy(server)
    send(server, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, workers)), "the end of the worker", 5)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_workers_whose_app_gives_up_rights_leave_with_the_arbiter(gcorn, tmp_path):
    (tmp_path / "app.py").write_text("import os\nfrom life import app\nos.setgid(65534)\nos.setuid(65534)\n")
    server = gcorn("app:app", "--pythonpath", f"{tmp_path},{places.APPS}", expect=-signal.SIGKILL)
    assert server.get("/identity").text.startswith("((65534, ")
    workers = server.wait_workers(1)
    send(server, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, workers)), "the end of the worker", 5)


def test_a_crash_on_the_way_out_is_told(gcorn, tmp_path):
    (tmp_path / "app.py").write_text(
        "import atexit, os, signal\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGSYS))\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [b'hello']\n")
    server = gcorn("app:app", cwd=tmp_path)
    assert server.get("/").body == b"hello"
    assert server.stop() == 0
    assert re.search(r"\[WARNING\] worker \d+ .*SIGSYS", server.log), server.log
