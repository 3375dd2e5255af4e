# SPDX-License-Identifier: MIT
"""A WSGI app for what happens to processes: each path's first segment names what it does."""
import ctypes
import os
import signal
import time

VERSION = "1"


def app(environ, start_response):
    what, _, argument = environ["PATH_INFO"].lstrip("/").partition("/")
    body = DEEDS[what](argument)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def sleep(seconds):
    time.sleep(float(seconds))
    return b"slept"


def hold(seconds):
    """Keep the interpreter from all other threads, as an extension that hangs does."""
    ctypes.PyDLL(None).sleep(int(seconds))
    return b"held"


def kill(signum):
    """End this process by a signal that it is not prepared for."""
    if int(signum) != signal.SIGKILL:
        signal.signal(int(signum), signal.SIG_DFL)
    os.kill(os.getpid(), int(signum))
    time.sleep(10)


def print_(text):
    print(text, flush=True)
    return b"printed"


def identity(_):
    return repr((os.getresuid(), os.getresgid(), sorted(os.getgroups()))).encode()


def grow(megabytes):
    KEPT.append(b"x" * (int(megabytes) << 20))
    return b"grown"


def orphan(_):
    """Leave a grandchild to whoever takes orphans."""
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            time.sleep(0.1)
        os._exit(0)
    os.waitpid(child, 0)
    return b"left alone"


KEPT = []
DEEDS = {
    "": lambda _: b"hello",
    "pid": lambda _: str(os.getpid()).encode(),
    "version": lambda _: VERSION.encode(),
    "env": lambda name: os.environ.get(name, "").encode(),
    "exit": lambda code: os._exit(int(code)),
    "sleep": sleep,
    "hold": hold,
    "kill": kill,
    "print": print_,
    "identity": identity,
    "grow": grow,
    "orphan": orphan,
}
