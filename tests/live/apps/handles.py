# SPDX-License-Identifier: MIT
"""An app with signal handlers of its own."""
import signal
import sys

seen = []


def note(signum, frame):
    seen.append(signum)
    print("the app's handler has seen", signum, file=sys.stderr, flush=True)


def leave(signum, frame):
    sys.exit(0)


def fail(signum, frame):
    raise ValueError("in the handler")


signal.signal(signal.SIGUSR2, note)
signal.signal(signal.SIGALRM, leave)
signal.signal(signal.SIGVTALRM, fail)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(seen).encode()]
