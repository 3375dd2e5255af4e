# SPDX-License-Identifier: MIT
"""Threads that the server has started, as Python's threading module sees them."""
import itertools
import threading

_numbers = itertools.count(1)


def adopt():
    """The calling thread will run requests. threading takes it for a daemon, because it did not start it, and
    what the app starts from it would inherit that: nobody would wait for it at the end. Those of gunicorn's
    pool are awaited.
    """
    thread = threading.current_thread()
    thread.name = f"gthread-{next(_numbers)}"
    thread._daemonic = False
