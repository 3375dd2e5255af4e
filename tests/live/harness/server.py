# SPDX-License-Identifier: MIT
"""gcorn, or gunicorn beside it, serving an app of tests/live/apps on an address of its own."""
import os
import re
import socket

import pytest

from . import places
from .process import START_SECONDS, Process, children, wait_until
from .wire import Connection

SANITIZER_MARKS = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")
LISTENING = r"(?i)listening at: (\S+) \(\d+\)"


class Server(Process):
    """Listening as soon as the constructor returns. `bind` is "tcp" for any port (the log says which), the
    path of a unix socket, or a (host, port) for servers that are told to log nothing."""

    def __init__(self, argv, bind="tcp", env=None, cwd=places.APPS):
        self.bind = bind
        if isinstance(bind, tuple):
            address = "%s:%d" % bind
        else:
            address = "127.0.0.1:0" if bind == "tcp" else f"unix:{bind}"
        super().__init__([argv[0], "-b", address, *argv[1:]], env=environment(env), cwd=cwd)
        self.address = None
        try:
            self._wait_listening()
        except AssertionError:
            self.kill()
            raise

    def _wait_listening(self):
        if isinstance(self.bind, tuple):
            self.address = self.bind
            wait_until(self._is_accepting, f"{self.argv} accepts", START_SECONDS)
            return
        url = self.wait_log(LISTENING).group(1)
        if self.bind == "tcp":
            host, port = url.rsplit("/", 1)[1].rsplit(":", 1)
            self.address = (host, int(port))
        else:
            self.address = str(self.bind)

    def _is_accepting(self):
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    @property
    def url(self):
        return f"http://{self.address[0]}:{self.address[1]}"

    @property
    def workers(self):
        """The pids of its workers."""
        return children(self.pid)

    def wait_workers(self, count):
        """The pids of the workers, once there are `count` of them."""
        return wait_until(lambda: len(self.workers) == count and self.workers, f"{count} workers")

    def connect(self, timeout=20):
        return Connection(self.address, timeout)

    def request(self, method, target, fields=(), body=b""):
        """One request on a connection of its own."""
        with self.connect() as connection:
            connection.request(method, target, [*fields, ("Connection", "close")], body)
            return connection.response(method)

    def get(self, target, fields=()):
        return self.request("GET", target, fields)

    def check_end(self, expect=0):
        """Stop it; assert that it ended as it should and that no sanitizer complained."""
        code = self.stop()
        log = self.log
        assert not SANITIZER_MARKS.search(log), log
        assert code == expect, f"exit code {code}, not {expect}\n{log}"


def environment(extra=None):
    """The environment for a server: the tests' own virtual environment, nothing of the caller's settings."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("GUNICORN_", "GCORN_", "PYTEST_")) and name not in
           ("PORT", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "SCRIPT_NAME", "SENDFILE")}
    suppressions = places.ROOT / "tests" / "harness" / "lsan.supp"
    tsan_suppressions = places.ROOT / "tests" / "harness" / "tsan.supp"
    env.update(
        VIRTUAL_ENV=str(places.VENV),
        PYTHONDONTWRITEBYTECODE="1",
        ASAN_OPTIONS="detect_leaks=1:exitcode=99",
        LSAN_OPTIONS=f"suppressions={suppressions}:print_suppressions=0",
        TSAN_OPTIONS=f"suppressions={tsan_suppressions}:print_suppressions=0:exitcode=99",
        UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:exitcode=99")
    env.update(extra or {})
    return env


def gcorn_argv(*args):
    return [places.GCORN, *args]


def gunicorn_argv(*args):
    """gunicorn of the tests' virtual environment, without its control socket (it lives in $HOME). Without one
    (it needs a newer Python than gcorn) a test that compares is skipped."""
    if not (places.VENV / "bin" / "gunicorn").exists():
        pytest.skip("gunicorn is not installed: it needs Python 3.10")
    return [places.VENV / "bin" / "gunicorn", "--no-control-socket", *args]
