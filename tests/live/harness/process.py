# SPDX-License-Identifier: MIT
"""A program in a process group of its own, its output collected as it comes."""
import collections
import os
import re
import signal
import subprocess
import threading
import time

LATEST = collections.deque(maxlen=6)  # the processes that were started last: a failure shows what they said
SHOWN_CHARS = 6000
START_SECONDS = 30
STOP_SECONDS = 40


def wait_until(condition, what, seconds=10):
    """Ask `condition` until it is true and return its value; AssertionError naming `what` if it never is."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {what}"
        time.sleep(0.01)


class Process:
    """Started by the constructor. Ends with stop() or kill(), which leave nothing of its group behind."""

    def __init__(self, argv, env=None, cwd=None, pass_fds=()):
        self.argv = [str(word) for word in argv]
        self._command = os.fsencode(" ".join(self.argv)).decode(errors="backslashreplace")  # fit for a report
        self._lines = []
        self._changed = threading.Condition()
        self._is_open = True
        self.popen = subprocess.Popen(
            self.argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, pass_fds=pass_fds)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        LATEST.append(self)

    @property
    def pid(self):
        return self.popen.pid

    @property
    def log(self):
        """Everything that it has written so far."""
        with self._changed:
            return "".join(self._lines)

    def _read(self):
        for line in self.popen.stdout:
            with self._changed:
                self._lines.append(line.decode("utf-8", "backslashreplace"))
                self._changed.notify_all()
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def wait_log(self, pattern, seconds=START_SECONDS, count=1):
        """The `count`th match of `pattern` in the log, as soon as it is there."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                matches = list(re.finditer(pattern, "".join(self._lines), re.M))
                if len(matches) >= count:
                    return matches[count - 1]
                left = deadline - time.monotonic()
                ended = "" if self._is_open else " (it has ended)"
                assert left > 0 and self._is_open, self._report(f"no {pattern!r} in the log{ended}")
                self._changed.wait(left)

    def wait_exit(self, seconds=STOP_SECONDS):
        """Its exit code, once it has ended by itself and so has all that it started."""
        try:
            code = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(self._report(f"still running after {seconds} s")) from None
        with self._changed:
            is_alone = self._changed.wait_for(lambda: not self._is_open, 5)
        if not is_alone:
            self.kill()
            raise AssertionError(self._report("a child outlived it"))
        return code

    def stop(self, signum=signal.SIGTERM, seconds=STOP_SECONDS):
        """Send `signum` if it still runs; its exit code."""
        if self.popen.poll() is None:
            os.kill(self.pid, signum)
        return self.wait_exit(seconds)

    def kill(self):
        """End the whole group now. Harmless if there is nothing left of it."""
        if self.popen.poll() is not None and not self._is_open:
            return  # its number may be another's by now
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait(10)

    @property
    def summary(self):
        """What it was and the last that it said."""
        return f"{self.pid}: {self._command}", self.log[-SHOWN_CHARS:]

    def _report(self, what):
        return f"{what}: {self._command}\n{''.join(self._lines)}"


def children(pid):
    """The pids of the children of `pid`."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid):
    """How many descriptors `pid` has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))
