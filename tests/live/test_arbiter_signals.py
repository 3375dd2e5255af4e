# SPDX-License-Identifier: MIT
"""What each signal does to the arbiter and its workers, and with which code everything ends."""
import contextlib
import os
import signal

import pytest

from harness.addresses import free_address
from harness.life import Answer, is_alive, send, start, title, wait_busy, wait_until
from harness.wire import request_bytes


def test_titles_name_master_and_workers(gcorn):
    server = gcorn("life:app", "-w", "2", "--name", "shop")
    server.get("/")
    assert title(server.pid) == "gcorn: master [shop]"
    assert {title(pid) for pid in server.wait_workers(2)} == {"gcorn: worker [shop]"}


def test_term_answers_what_runs_and_leaves_with_0(gcorn):
    server = gcorn("life:app")
    answer = Answer(server.get, "/sleep/0.5")
    wait_busy(server)
    assert server.stop(signal.SIGTERM) == 0
    assert answer.get().body == b"slept"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGQUIT])
def test_int_and_quit_do_not_wait_for_what_runs(gcorn, signum):
    server = gcorn("life:app")
    Answer(server.get, "/sleep/20")
    wait_busy(server)
    assert server.stop(signum, seconds=5) == 0


def test_a_second_signal_makes_a_graceful_stop_quick(gcorn):
    server = gcorn("life:app")
    Answer(server.get, "/sleep/20")
    wait_busy(server)
    send(server, signal.SIGTERM)
    server.wait_log("SIGTERM")
    assert server.stop(signal.SIGINT, seconds=5) == 0


def test_workers_that_do_not_leave_are_killed_after_graceful_timeout(gcorn):
    server = gcorn("life:app", "--graceful-timeout", "1")
    Answer(server.get, "/sleep/20")
    wait_busy(server)
    assert server.stop(signal.SIGTERM, seconds=5) == 0
    assert "did not leave in time, in GET /sleep/20" in server.log


def test_a_stop_is_heeded_between_requests_that_are_all_there(gcorn):
    server = gcorn("life:app")
    with contextlib.ExitStack() as stack:
        first, *others = [stack.enter_context(server.connect()) for _ in range(6)]
        for connection in (first, *others):
            connection.get("/pid")
        first.request("GET", "/sleep/0.3")
        wait_busy(server)
        for connection in others:
            connection.request("GET", "/sleep/0.1")
        first.response()  # and the others are ready, one runs
        send(server, signal.SIGTERM)
        closing = [connection.response()["Connection"] == "close" for connection in others]
    assert closing.count(True) >= 3


@pytest.mark.parametrize("args", [("-w", "1"), ("-w", "2", "--threads", "4"), ("-w", "1", "--preload")],
                         ids=["sync", "gthread", "preload"])
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_requests_that_were_pipelined_before_a_stop_or_a_reload_are_answered(gcorn, signum, args):
    server = gcorn("life:app", *args)
    with server.connect() as connection:
        connection.send(request_bytes("GET", "/sleep/0.2") * 4)
        wait_busy(server)
        send(server, signum)
        assert [connection.response().text for _ in range(4)] == ["slept"] * 4
        assert connection.is_ended()


def test_a_stop_says_what_it_waits_for(gcorn):
    server = gcorn("life:app", "--graceful-timeout", "3")
    Answer(server.get, "/sleep/2.5")
    wait_busy(server)
    send(server, signal.SIGTERM)
    server.wait_log(r"still waiting for worker \d+, in GET /sleep/2.5 for [12].\d s")


def test_ttin_and_ttou_change_the_number_of_workers(gcorn):
    server = gcorn("life:app", "-w", "1", "--log-level", "debug")
    first = server.wait_workers(1)
    send(server, signal.SIGTTIN)
    assert set(first) < set(server.wait_workers(2))
    send(server, signal.SIGTTIN)
    server.wait_workers(3)
    server.wait_log("is ready", count=3)
    send(server, signal.SIGTTOU)
    assert not set(first) & set(server.wait_workers(2)), "the oldest goes first"
    send(server, signal.SIGTTOU)
    server.wait_workers(1)
    send(server, signal.SIGTTOU)
    server.wait_log("the last one stays")
    assert server.get("/").body == b"hello"


def test_workers_that_ttin_brings_to_one_share_its_connections(gcorn):
    server = gcorn("life:app", "--log-level", "debug", "--preload")
    server.wait_log("is ready")
    for count in (2, 3, 4):
        send(server, signal.SIGTTIN)
        server.wait_log("is ready", count=count)
    with contextlib.ExitStack() as stack:
        kept = [stack.enter_context(server.connect()) for _ in range(4)]
        assert len({connection.get("/pid").text for connection in kept}) == 4


@pytest.mark.parametrize("args", [(), ("--preload",)], ids=["plain", "preload"])
def test_ttin_may_be_sent_many_times(gcorn, args):
    server = gcorn("life:app", *args, "--log-level", "debug")
    for count in range(2, 16):
        send(server, signal.SIGTTIN)
        server.wait_log(f"now {count} workers")
    server.wait_log("is ready", count=15)
    assert "room" not in server.log


def test_many_signals_at_once_are_all_heeded(gcorn):
    server = gcorn("life:app", "-w", "1")
    server.wait_workers(1)
    for _ in range(30):  # signals of one kind merge while they are pending: wait for each
        before = server.log.count("now ")
        send(server, signal.SIGTTIN)
        wait_until(lambda: server.log.count("now ") > before, "the signal's effect", 5)
        before = server.log.count("now ")
        send(server, signal.SIGTTOU)
        wait_until(lambda: server.log.count("now ") > before, "the signal's effect", 5)
    server.wait_workers(1)
    assert server.get("/").body == b"hello"


def test_winch_is_ignored_unless_it_is_a_daemon(gcorn):
    server = gcorn("life:app", "--log-level", "debug")
    server.wait_workers(1)
    send(server, signal.SIGWINCH)
    server.wait_log("not a daemon")
    assert server.get("/").status == 200


@pytest.mark.parametrize("signum", [signal.SIGHUP, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU,
                                    signal.SIGWINCH, signal.SIGUSR1])
def test_a_worker_survives_signals_that_are_for_the_arbiter(gcorn, signum):
    server = gcorn("life:app")
    pid = int(server.get("/pid").body)
    os.kill(pid, signum)
    assert int(server.get("/pid").body) == pid


def test_term_to_a_worker_lets_it_finish_and_replaces_it(gcorn):
    server = gcorn("life:app")
    pid = int(server.get("/pid").body)
    answer = Answer(server.get, "/sleep/0.5")
    wait_busy(server)
    os.kill(pid, signal.SIGTERM)
    assert answer.get().body == b"slept"
    wait_until(lambda: not is_alive(pid), "the end of the worker")
    assert int(server.get("/pid").body) != pid


@pytest.mark.parametrize("spec, code", [
    ("raises_at_import:app", 3), ("syntax_error:app", 3), ("no_such_module:app", 3),
    ("life:no_such_name", 4), ("life:VERSION", 4)])
def test_an_app_that_cannot_be_loaded_stops_the_server(spec, code):
    server = start("-b", "127.0.0.1:0", "-w", "3", spec)
    assert server.wait_exit(10) == code
    assert "gcorn stops: " in server.log


@pytest.fixture
def second(gcorn):
    """A server on the address of another one, which is its `first`."""
    first = gcorn("life:app", bind=free_address())
    server = start("-b", "%s:%d" % first.address, "life:app")
    server.first = first
    server.wait_log(r"Address already in use \(attempt 1 of 5\)")
    yield server
    server.kill()


def test_a_busy_port_is_tried_for_five_seconds(second):
    assert second.wait_exit(10) == 1
    assert "attempt 5 of 5" in second.log


def test_a_port_that_becomes_free_is_taken(second):
    second.first.stop()
    second.wait_log("listening at:")


def test_a_stop_ends_the_waiting_for_a_port(second):
    assert second.stop(seconds=3) == 0
