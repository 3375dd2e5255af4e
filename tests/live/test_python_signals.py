# SPDX-License-Identifier: MIT
"""Signal handlers that an app has installed run at once, also while its worker waits for requests."""
import os
import signal

import pytest

from harness.process import wait_until

CLASSES = pytest.mark.parametrize("args", [(), ("-k", "gthread", "--threads", "2")], ids=["sync", "gthread"])


@CLASSES
def test_a_handler_runs_while_the_worker_is_idle(gcorn, args):
    server = gcorn("handles:app", *args)
    assert server.get("/").body == b"[]"
    for count in (1, 2):
        os.kill(server.workers[0], signal.SIGUSR2)
        server.wait_log(r"^the app's handler has seen 12$", count=count)
    assert server.get("/").body == b"[12, 12]"


@CLASSES
def test_a_handler_that_exits_ends_its_worker(gcorn, args):
    server = gcorn("handles:app", *args)
    first = server.wait_workers(1)[0]
    assert server.get("/").status == 200
    os.kill(first, signal.SIGALRM)
    wait_until(lambda: server.workers and server.workers[0] != first, "another worker")
    assert server.get("/").status == 200


@CLASSES
def test_a_handler_that_raises_is_logged(gcorn, args):
    server = gcorn("handles:app", *args)
    assert server.get("/").status == 200
    os.kill(server.workers[0], signal.SIGVTALRM)
    server.wait_log(r"^ValueError: in the handler$")
    assert server.get("/").status == 200
