# SPDX-License-Identifier: MIT
"""gthread, and request_timeout in every worker class."""
import os
import re
import signal
import socket
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.addresses import free_address
from harness.process import wait_until
from harness.wire import Connection, request_bytes


HOOKS = """
    import threading

    def note(name):
        print("hook", name, threading.get_ident(), flush=True)

    def post_worker_init(worker):
        note("post_worker_init")

    def pre_request(worker, req):
        note("pre_request")

    def post_request(worker, req, environ, resp):
        note("post_request")

    def worker_exit(server, worker):
        note("worker_exit")
"""


def get_all(server, targets):
    with ThreadPoolExecutor(len(targets)) as pool:
        return [answer.body for answer in pool.map(server.get, targets)]


@pytest.mark.parametrize("args, expect", [
    (("--threads", "3"), b"True"), (("-k", "gthread"), b"True"), (("-k", "sync"), b"False")])
def test_the_environ_says_whether_there_are_threads(gcorn, args, expect):
    assert gcorn("threaded:app", *args).get("/multithread").body == expect


def test_as_many_requests_as_threads_run_at_once(gcorn):
    server = gcorn("threaded:app", "--threads", "4")
    for _ in range(10):
        assert get_all(server, ["/meet/4"] * 4) == [b"met"] * 4


def test_requests_on_kept_connections_run_at_once(gcorn):
    server = gcorn("threaded:app", "--threads", "3")
    connections = [server.connect() for _ in range(3)]
    for _ in range(5):
        for connection in connections:
            connection.request("GET", "/meet/3")
        assert [connection.response().body for connection in connections] == [b"met"] * 3
    for connection in connections:
        connection.close()


class Meeting:
    """A place where requests of any worker appear and wait until all that are expected are there."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.target = f"/appear/{self.socket.getsockname()[1]}"

    def holds(self, connections, *fields, seconds=10):
        """Send a request on each; true if all of them run at the same time."""
        for connection in connections:
            connection.request("GET", self.target, fields)
        self.socket.settimeout(seconds)
        present = []
        try:
            while len(present) < len(connections):
                present.append(self.socket.accept()[0])
        except socket.timeout:
            pass
        complete = len(present) == len(connections)
        self.socket.settimeout(20)
        for _ in connections:
            guest = present.pop() if present else self.socket.accept()[0]
            guest.sendall(b"met")
            guest.close()
        assert [connection.response().body for connection in connections] == [b"met"] * len(connections)
        return complete


def test_addresses_are_not_mixed_up_between_requests_at_once(gcorn):
    # Not from 127.0.0.1: that is trusted, and its heads are kept apart.
    server = gcorn("threaded:app", "--threads", "2")
    with socket.create_server(("127.0.0.1", 0)) as door:
        def ask(source):
            connection = Connection(server.address, source=source)
            connection.request("GET", f"/visit/{door.getsockname()[1]}")
            return connection, door.accept()[0]

        def answer(connection, guest):
            with connection, guest:
                guest.sendall(b"in")
                return connection.response().text

        for _ in range(2):
            assert answer(*ask("127.0.0.2")) == "127.0.0.2"
        for _ in range(3):
            first, second = ask("127.0.0.2"), ask("127.0.0.3")
            assert answer(*first) == "127.0.0.2"
            assert answer(*ask("127.0.0.3")) == "127.0.0.3"
            assert answer(*second) == "127.0.0.3"


def test_fields_given_on_a_shared_thread_are_not_mixed_up(gcorn):
    server = gcorn("threaded:app", "--threads", "2")
    for _ in range(3):
        with server.connect() as first, server.connect() as second:
            first.request("GET", "/helped/a=1")
            second.request("GET", "/helped/b=2")
            for connection, cookie in (first, "a=1"), (second, "b=2"):
                answer = connection.response()
                assert answer.all("Set-Cookie") == [cookie] and answer.text == cookie


def test_requests_with_the_same_head_do_not_share_objects(gcorn):
    """… when one of them is interrupted while these are made: by a finalizer, or a callback of the collector."""
    server = gcorn("threaded:app", "--threads", "8")
    assert server.get("/collect").body == b"collecting"
    connections = [server.connect() for _ in range(8)]
    for number in range(30):  # each time another head
        for index, connection in enumerate(connections):
            connection.request("POST", "/echo/8", [("X-Number", str(number))], body=b"%d" % index)
        answers = [connection.response().body for connection in connections]
        assert answers == [b"%d" % index for index in range(8)]
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("workers, threads", [(2, 2), (3, 1)])
def test_requests_run_at_once_in_several_workers(gcorn, workers, threads):
    server = gcorn("threaded:app", "-k", "gthread", "-w", str(workers), "--threads", str(threads))
    meeting = Meeting()

    def fresh_ones_meet(seconds=10):
        connections = [server.connect() for _ in range(workers * threads)]
        held = meeting.holds(connections, ("Connection", "close"), seconds=seconds)
        for connection in connections:
            assert connection.is_ended()
            connection.close()
        return held

    wait_until(lambda: fresh_ones_meet(0.3), "all workers serve", 20)
    for _ in range(10):
        assert fresh_ones_meet()

    def kept_ones_meet():
        kept = []
        for _ in range(workers * threads):  # one after the other: the first worker could take them all
            kept.append(server.connect())
            kept[-1].request("GET", "/hello")
            kept[-1].response()
        held = meeting.holds(kept, seconds=2)
        assert not held or all(meeting.holds(kept) for _ in range(10))
        for connection in kept:
            connection.close()
        return held

    # A thread that has answered the last one above may still be on its way out: then its worker is full.
    assert any(kept_ones_meet() for _ in range(3))


def test_pipelined_requests_do_not_wait_for_each_other(gcorn):
    server = gcorn("probe:app", "--threads", "2")
    with server.connect() as connection:
        began = time.monotonic()
        connection.send(b"".join(request_bytes("GET", "/hello") for _ in range(40)))
        for _ in range(40):
            assert connection.response().body == b"Hello, World!"
        assert time.monotonic() - began < 5


def test_a_thread_keeps_its_local_state(gcorn):
    server = gcorn("threaded:app", "-k", "gthread", "--threads", "1")
    seen = [server.get("/local").body.split() for _ in range(5)]
    assert len({ident for ident, _ in seen}) == 1
    assert [int(count) for _, count in seen] == [1, 2, 3, 4, 5]


def test_requests_have_their_turn_in_the_order_in_which_they_came(gcorn):
    server = gcorn("threaded:app", "-k", "gthread", "--threads", "1")
    meeting = Meeting()
    first, *others = connections = [server.connect() for _ in range(9)]
    for connection in connections:  # what is still to be accepted is read when that happens
        assert connection.get("/hello").body == b"hello"
    first.request("GET", meeting.target)
    guest = meeting.socket.accept()[0]  # the only thread is taken
    for number, connection in enumerate(others):
        connection.request("GET", f"/order/{number}")
    guest.sendall(b"met")
    guest.close()
    assert [connection.response().body for connection in others][-1] == b"0 1 2 3 4 5 6 7"
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("path", ["/endless", "/trickle"])
@pytest.mark.parametrize("args", [(), ("--request-timeout", "60")], ids=["plain", "request_timeout"])
def test_a_reader_that_leaves_ends_its_iteration(gcorn, path, args):
    """… at the next piece, whether it is the client that is slow or the app."""
    server = gcorn("threaded:app", "--threads", "2", *args)
    with server.connect() as connection:
        connection.request("GET", path)
        assert connection.socket.recv(1000)
        assert server.get("/hello").body == b"hello"  # it waits, the other thread does not
    wait_until(lambda: server.get("/closed").body == b"1", "close() was called")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT])
def test_requests_that_run_are_finished_at_the_end(gcorn, signum):
    server = gcorn("threaded:app", "--threads", "2")
    meeting = Meeting()
    with server.connect() as connection:
        connection.request("GET", meeting.target)
        guest = meeting.socket.accept()[0]
        os.kill(server.pid, signum)
        server.wait_log("got SIG")
        guest.sendall(b"met")
        guest.close()
        assert connection.response().body == b"met"
    assert server.wait_exit() == 0


@pytest.mark.parametrize("args, name", [((), b"MainThread"), (("--threads", "2"), b"gthread-[12]")],
                         ids=["sync", "gthread"])
def test_threads_that_a_request_has_started_are_awaited_at_the_end(gcorn, args, name):
    server = gcorn("threaded:app", *args)
    meeting = Meeting()
    answer = server.get(meeting.target.replace("appear", "later"))
    assert re.fullmatch(name, answer.body)
    guest = meeting.socket.accept()[0]
    os.kill(server.pid, signal.SIGTERM)
    server.wait_log(r"worker 1 \(pid \d+\) leaves")
    guest.sendall(b"done")
    guest.close()
    assert server.wait_exit() == 0
    assert re.search(r"work: done\natexit\n", server.log), server.log


def test_request_hooks_run_in_the_thread_of_the_request(gcorn, tmp_path):
    config = tmp_path / "conf.py"
    config.write_text(textwrap.dedent(HOOKS))
    server = gcorn("threaded:app", "-c", config, "-k", "gthread", "--threads", "2")
    thread = server.get("/local").body.split()[0].decode()
    main = server.wait_log(r"hook post_worker_init (\d+)").group(1)
    assert thread != main
    assert server.wait_log(r"hook pre_request (\d+)").group(1) == thread
    assert server.wait_log(r"hook post_request (\d+)").group(1) == thread
    assert server.stop() == 0
    assert server.wait_log(r"hook worker_exit (\d+)").group(1) == main


@pytest.mark.parametrize("args", [(), ("--threads", "2")], ids=["sync", "gthread"])
def test_write_works_on_a_thread_of_the_app(gcorn, args):
    """… for more than the output buffer, too. It leaves with the next that the request's own thread sends."""
    server = gcorn("threaded:app", *args)
    [worker] = server.wait_workers(1)
    assert server.get("/elsewhere/100").body == b"x" * 100 * 65536 + b"end"
    assert server.get("/elsewhere/1").body == b"x" * 65536 + b"end"
    assert server.workers == [worker]


def read_until_closed(connection):
    """A client that reads as fast as it can."""
    try:
        while connection.socket.recv(1 << 20):
            pass
    except OSError:
        pass


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT])
def test_endless_responses_do_not_hold_the_end_up(gcorn, signum):
    """When the time is over, their iteration ends, close() runs and Python ends as it should."""
    server = gcorn("threaded:app", "--threads", "2", "--graceful-timeout", "3")
    with server.connect() as slow, server.connect() as fast:
        for connection in slow, fast:
            connection.request("GET", "/endless")
            assert connection.socket.recv(1000)
        if signum == signal.SIGTERM:  # QUIT lets calls go on that do not wait for their client
            threading.Thread(target=read_until_closed, args=[fast]).start()
        assert server.stop(signum) == 0
    assert re.search(r"closed\n(.*\n)*closed\n(.*\n)*atexit\n", server.log), server.log


@pytest.mark.parametrize("args", [(), ("--threads", "2")], ids=["sync", "gthread"])
def test_a_request_over_its_time_is_answered_504_and_interrupted(gcorn, args):
    server = gcorn("threaded:app", "--request-timeout", "1", *args)
    begin = time.monotonic()
    answer = server.get("/loop")
    assert answer.status == 504 and time.monotonic() - begin >= 1
    server.wait_log(r"\[ERROR\] GET /loop has taken longer than request_timeout \(1 s\): it is answered 504")
    server.wait_log(r'threaded.py", line \d+ in do_loop')
    server.wait_log(r"Error handling request GET /loop\nTraceback[^$]*TimeoutError")
    assert server.get("/hello").body == b"hello"
    assert len(server.workers) == 1


def test_the_stacks_go_to_the_error_log(gcorn, tmp_path):
    log = tmp_path / "error.log"
    server = gcorn("threaded:app", "--request-timeout", "1", "--error-logfile", log, bind=free_address())
    assert server.get("/loop").status == 504
    wait_until(lambda: "Error handling request" in log.read_text(), "the log is written")
    assert re.search(r'\[ERROR\] Thread 0x\w+ [^$]*threaded.py", line \d+ in do_loop', log.read_text())
    assert "do_loop" not in server.log


def test_the_stacks_of_a_worker_that_is_aborted_go_there_too(gcorn, tmp_path):
    """After a rotation as well: a signal handler writes them, to whatever file the log has then."""
    log = tmp_path / "error.log"
    server = gcorn("life:app", "--timeout", "1", "--error-logfile", log, bind=free_address())
    log.rename(tmp_path / "error.log.1")
    os.kill(server.pid, signal.SIGUSR1)
    wait_until(log.exists, "the new file")
    with server.connect() as connection:
        connection.request("GET", "/sleep/20")
        wait_until(lambda: re.search(r'silent [^$]*life.py", line \d+ in sleep', log.read_text()), "the stacks")
    assert "in sleep" not in server.log


def test_a_response_over_its_time_is_cut(gcorn):
    server = gcorn("threaded:app", "--request-timeout", "1")
    with server.connect() as connection:
        connection.request("GET", "/trickle")
        received = b""
        try:
            while piece := connection.socket.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
    assert b"drop" in received and not received.endswith(b"0\r\n\r\n")
    server.wait_log("its response is cut")
    assert server.get("/hello").body == b"hello"


def test_calls_that_do_not_end_retire_their_worker(gcorn, tmp_path):
    """… when what else runs there has ended, and Python ends as well as it can."""
    config = tmp_path / "conf.py"
    config.write_text(textwrap.dedent(HOOKS))
    server = gcorn("threaded:app", "-c", config, "--request-timeout", "3", "--graceful-timeout", "1",
                   "--threads", "3")  # the sibling is to outlive the decision by two seconds
    [first] = server.wait_workers(1)
    meeting = Meeting()
    with server.connect() as stuck, server.connect() as stubborn, server.connect() as sibling:
        stuck.request("GET", "/stuck")
        stubborn.request("GET", "/stubborn")
        assert (stuck.response().status, stubborn.response().status) == (504, 504)
        sibling.request("GET", meeting.target)
        guest = meeting.socket.accept()[0]
        server.wait_log("asks to be replaced")
        wait_until(lambda: len(server.workers) == 2, "another worker takes over")
        guest.sendall(b"met")
        guest.close()
        assert sibling.response().body == b"met"
    server.wait_log("leaves 2 app calls behind")
    server.wait_log(r"hook worker_exit \d+\n(.*\n)*atexit")
    wait_until(lambda: first not in server.workers, "the worker ends")
    assert server.get("/hello").body == b"hello"


def test_a_long_request_is_not_a_dead_worker(gcorn):
    server = gcorn("threaded:app", "--threads", "2", "--timeout", "2", "--log-level", "debug")
    server.wait_log("is ready")  # to boot may take a busy machine longer than --timeout
    [pid] = server.wait_workers(1)
    with server.connect() as connection:
        connection.request("GET", "/meet/2")
        until = time.monotonic() + 4
        while time.monotonic() < until:
            assert server.get("/hello").body == b"hello"
        server.get("/meet/2")
        assert connection.response().body == b"met"
    assert server.workers == [pid]


def test_a_request_that_may_take_a_month_does_not_keep_its_worker_from_showing_that_it_lives(gcorn):
    server = gcorn("threaded:app", "--threads", "2", "--timeout", "2", "--request-timeout", "2592000", "--log-level", "debug")
    server.wait_log("is ready")
    assert server.get("/sleep/3").status == 200 and "aborting" not in server.log


def begin(server, target):
    """A connection on which `target` was asked for, and is in the app: requests begin in the order they came."""
    connection = server.connect()
    connection.request("GET", target)
    assert server.get("/hello").body == b"hello"
    return connection


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT])
def test_a_stop_lets_the_calls_of_threads_finish(gcorn, signum):
    server = gcorn("threaded:app", "--threads", "2")
    with begin(server, "/sleep/1") as connection:
        os.kill(server.pid, signum)
        assert connection.response().body == b"slept"
    assert server.wait_exit(5) == 0


def test_the_oldest_request_is_named_when_a_worker_dies(gcorn):
    server = gcorn("threaded:app", "--threads", "3")
    worker, = server.wait_workers(1)
    with begin(server, "/sleep/21"), begin(server, "/sleep/22"):
        os.kill(worker, signal.SIGKILL)
        server.wait_log(r"was killed by SIGKILL.*, in GET /sleep/21 for \d")
