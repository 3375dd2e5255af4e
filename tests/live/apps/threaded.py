# SPDX-License-Identifier: MIT
"""An app for the tests of threads and of request_timeout. /meet waits for as many others as it is told."""
import atexit
import gc
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

BARRIERS = {}
ORDER = []
LOCK = threading.Lock()
LOCAL = threading.local()
CLOSED = []
RELEASE = threading.Event()
HELPER = ThreadPoolExecutor(1)
PAIR = threading.Barrier(2)


class Endless:
    """Yields until it is closed; /closed says how many were."""

    def __init__(self, piece=b"x" * 65536, pause=0):
        self.piece = piece
        self.pause = pause

    def __iter__(self):
        while True:
            yield self.piece
            if self.pause:
                time.sleep(self.pause)

    def close(self):
        CLOSED.append(time.monotonic())
        os.write(1, b"closed\n")  # in one piece, from each thread


atexit.register(print, "atexit", flush=True)


def app(environ, start_response):
    name, _, argument = environ["PATH_INFO"].strip("/").partition("/")
    return globals().get(f"do_{name}", do_hello)(environ, start_response, argument)


def plain(start_response, text):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(text).encode()]


def do_hello(environ, start_response, argument):
    return plain(start_response, "hello")


def do_multithread(environ, start_response, argument):
    return plain(start_response, environ["wsgi.multithread"])


def do_meet(environ, start_response, argument):
    with LOCK:
        barrier = BARRIERS.setdefault(argument, threading.Barrier(int(argument)))
    barrier.wait(20)
    return plain(start_response, "met")


def do_appear(environ, start_response, argument):
    """Wait for whoever listens on that port to say a word."""
    with socket.create_connection(("127.0.0.1", int(argument)), 20) as caller:
        return plain(start_response, caller.recv(10).decode())


def do_visit(environ, start_response, argument):
    """The same, and say where the request comes from."""
    do_appear(environ, start_response, argument)
    return [environ["REMOTE_ADDR"].encode()]


def do_later(environ, start_response, argument):
    """Start a thread that goes on when the request has ended, until somebody says a word on that port."""
    def work():
        with socket.create_connection(("127.0.0.1", int(argument)), 20) as caller:
            os.write(1, b"work: %s\n" % caller.recv(10))
    threading.Thread(target=work).start()
    return plain(start_response, threading.current_thread().name)


def do_collect(environ, start_response, argument):
    """From now on each collection of garbage that the server's own code sets off lets other threads run."""
    def let_run(phase, info):
        if sys._getframe().f_back is None:
            time.sleep(0.002)
    gc.callbacks.append(let_run)
    gc.set_threshold(1)
    return plain(start_response, "collecting")


def do_echo(environ, start_response, argument):
    """The body, read when as many others as it is told are here."""
    with LOCK:
        barrier = BARRIERS.setdefault(argument, threading.Barrier(int(argument)))
    barrier.wait(20)
    return plain(start_response, environ["wsgi.input"].read().decode())


def do_local(environ, start_response, argument):
    """How often this thread was here: proof that a thread keeps its state."""
    LOCAL.count = getattr(LOCAL, "count", 0) + 1
    return plain(start_response, f"{threading.get_ident()} {LOCAL.count}")


def do_loop(environ, start_response, argument):
    """Runs for ever, in Python: an exception can be raised in it."""
    while True:
        time.sleep(0.01)


def do_stuck(environ, start_response, argument):
    """Waits where no exception can be raised in it."""
    RELEASE.wait(60)
    return plain(start_response, "too late")


def do_stubborn(environ, start_response, argument):
    """Knows better than whoever wants to end it, until it has been told twice."""
    try:
        do_loop(environ, start_response, argument)
    except TimeoutError:
        return do_stuck(environ, start_response, argument)


def do_trickle(environ, start_response, argument):
    start_response("200 OK", [])
    return Endless(b"drop", 0.05)


def do_sleep(environ, start_response, argument):
    time.sleep(float(argument))
    return plain(start_response, "slept")


def do_endless(environ, start_response, argument):
    start_response("200 OK", [])
    return Endless()


def do_order(environ, start_response, argument):
    ORDER.append(argument)
    return plain(start_response, " ".join(ORDER))


def do_closed(environ, start_response, argument):
    return plain(start_response, len(CLOSED))


def do_elsewhere(environ, start_response, argument):
    """Write so many blocks on another thread."""
    write = start_response("200 OK", [])

    def run():
        for _ in range(int(argument)):
            write(b"x" * 65536)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return [b"end"]


def do_helped(environ, start_response, argument):
    """Two requests let one thread call their start_response, and go on when it has called both."""
    fields = [("Content-Type", "text/plain"), ("Set-Cookie", argument), ("Content-Length", str(len(argument)))]
    HELPER.submit(start_response, "200 OK", fields).result(20)
    PAIR.wait(20)
    return [argument.encode()]
