# SPDX-License-Identifier: MIT
"""What the tests of the arbiter need beside a server: programs that may fail to start, answers that take
their time, and a look at what processes do."""
import os
import threading

from . import places
from .process import Process, children, wait_until
from .server import environment


def start(*args, env=None, cwd=places.APPS, pass_fds=()):
    """A gcorn that need not come to listening. To be stopped by the caller (`with closing(…)`)."""
    return Process([places.GCORN, *args], env=environment(env), cwd=cwd, pass_fds=pass_fds)


class Answer:
    """function(*args) in a thread; get() waits for it and raises what it raised."""

    def __init__(self, function, *args):
        self._value = self._error = None
        self._thread = threading.Thread(target=self._run, args=(function, *args), daemon=True)
        self._thread.start()

    def _run(self, function, *args):
        try:
            self._value = function(*args)
        except Exception as error:  # pylint: disable=broad-except
            self._error = error

    def get(self, seconds=20):
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "no answer"
        if self._error is not None:
            raise self._error
        return self._value


def wait_busy(server, count=1):
    """Wait until `count` threads of workers sleep in the app: in a nanosleep, not in their loop."""
    def is_busy():
        return sum(is_sleeping(pid) for worker in server.workers for pid in threads(worker)) >= count
    wait_until(is_busy, f"{count} busy workers")


ENDED = FileNotFoundError, ProcessLookupError  # ESRCH: a process that ends between open and read


def threads(pid):
    """The ids of its threads; none if it has ended."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except ENDED:
        return []


def is_sleeping(pid):
    try:
        with open(f"/proc/{pid}/wchan") as file:
            return "nanosleep" in file.read()
    except ENDED:
        return False


def is_alive(pid):
    """True while `pid` is a process that has not ended (a zombie has)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except ENDED:
        return False


def title(pid):
    """What ps shows of it; "" if it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().rstrip(b"\0").decode()
    except ENDED:
        return ""


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def send(server, signum):
    os.kill(server.pid, signum)


__all__ = ["Answer", "children", "cpu_ticks", "is_alive", "is_sleeping", "send", "start", "title", "wait_busy",
           "wait_until"]
