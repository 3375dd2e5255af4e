# SPDX-License-Identifier: MIT
"""An app that does something of its own at TERM, and then what was done before: WAY names how it passes it on."""
import os
import signal
import sys

WAY = os.environ["WAY"]
before = signal.getsignal(signal.SIGTERM)


def handler(signum, frame):
    print("the app cleans up", file=sys.stderr, flush=True)
    if WAY == "calls":
        before(signum, frame)
    elif WAY == "calls what can be called" and callable(before):
        before(signum, frame)
    elif WAY == "sends again":
        signal.signal(signum, before)
        os.kill(os.getpid(), signum)


if WAY == "puts back":
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR2, signal.SIGABRT):
        signal.signal(number, signal.signal(number, signal.SIG_IGN))
else:
    signal.signal(signal.SIGTERM, handler)


def end_of_child():
    """The signal that ends a forked child which handles TERM as its parent does."""
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(7)
    return os.waitpid(child, 0)[1]


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    outcome = end_of_child() if environ["PATH_INFO"] == "/fork" else ""
    return [f"{os.getpid()} {outcome}".encode()]
