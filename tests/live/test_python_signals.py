# SPDX-License-Identifier: MIT
"""Signal handlers that an app has installed run at once, also while its worker waits for requests."""
import os
import signal

import pytest

from harness.process import wait_until
from harness.server import Server, gcorn_argv, gunicorn_argv

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


WAYS = ["calls", "calls what can be called", "sends again", "puts back"]
CASES = [pytest.param(argv_of, args, way, id=f"{argv_of.__name__[:-5]}-{args[-1].strip('-')}-{way}")
         for argv_of in (gcorn_argv, gunicorn_argv)
         for args in (("-k", "sync"), ("--threads", "2", "-k", "gthread"), ("--preload",))
         for way in WAYS
         # gunicorn preloads where TERM is SIG_DFL, which cannot be called
         if (argv_of, args, way) != (gunicorn_argv, ("--preload",), "calls")]


@pytest.mark.parametrize("argv_of, args, way", CASES)
def test_an_app_may_pass_term_on_to_the_server(argv_of, args, way):
    server = Server(argv_of("chains:app", *args, "--graceful-timeout", "60", "-t", "60"), env={"WAY": way})
    try:
        first = int(server.get("/").body)
        os.kill(first, signal.SIGTERM)
        wait_until(lambda: int(server.get("/").body) != first, "another worker")
        assert server.stop(seconds=20) == 0
    finally:
        server.kill()
    assert "Error" not in server.log and "Traceback" not in server.log
    cleans = way != "puts back" and args != ("--preload",)
    assert ("the app cleans up" in server.log) == cleans


def test_a_child_of_the_app_that_passes_term_on_ends(gcorn):
    server = gcorn("chains:app", env={"WAY": "calls"})
    assert server.get("/fork").text.split()[1] == str(signal.SIGTERM.value)
    assert server.get("/").status == 200
