# SPDX-License-Identifier: MIT
"""After many quick calls the answers of several leave together (docs/architecture.md): that must be seen
by nobody, least of all when the next call is not quick."""
import contextlib
import os
import signal

import pytest

from harness.life import is_sleeping
from harness.process import wait_until

QUICK = 4


@contextlib.contextmanager
def hanging_behind_quick_calls(server):
    """The connections of QUICK requests, and the worker, which hangs in the one that came behind them."""
    worker, = server.wait_workers(1)
    with contextlib.ExitStack() as stack:
        quick = [stack.enter_context(server.connect()) for _ in range(QUICK)]
        slow = stack.enter_context(server.connect())
        for number in range(200):  # the worker has seen nothing but quick calls
            assert quick[number % QUICK].get("/quick").status == 200
        os.kill(worker, signal.SIGSTOP)
        for connection in quick:  # all of these are there at once
            connection.request("GET", "/quick")
        slow.request("GET", "/hang")
        os.kill(worker, signal.SIGCONT)
        wait_until(lambda: is_sleeping(worker), "a call that hangs")
        yield quick, worker


def test_answers_do_not_wait_for_a_call_that_hangs(gcorn):
    server = gcorn("quick:app", "--graceful-timeout", "1")
    with hanging_behind_quick_calls(server) as (quick, worker):
        for connection in quick:
            assert connection.response().text == "ok"
        assert is_sleeping(worker)
        server.stop(signal.SIGQUIT)


def test_answers_outlive_the_worker_that_gave_them(gcorn):
    server = gcorn("quick:app")
    with hanging_behind_quick_calls(server) as (quick, worker):
        os.kill(worker, signal.SIGKILL)
        for connection in quick:
            assert connection.response().text == "ok"
    wait_until(lambda: server.workers not in ([], [worker]), "another worker")


@pytest.mark.parametrize("bind", ["tcp", "unix"])
def test_every_answer_comes(gcorn, bind, socket_folder):
    server = gcorn("quick:app", bind="tcp" if bind == "tcp" else f"{socket_folder}/quick.sock")
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(16)]
        for _ in range(40):
            for connection in connections:
                connection.request("GET", "/quick")
            for connection in connections:
                assert connection.response().text == "ok"
