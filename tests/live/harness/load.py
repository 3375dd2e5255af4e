# SPDX-License-Identifier: MIT
"""Clients that keep asking while a test does something to the server, and count what goes wrong."""
import threading

from .wire import Connection


class Load:
    """`count` keep-alive clients and `count` that connect anew for each request, until finish()."""

    def __init__(self, server, target="/", count=2):
        self._address = server.address
        self._target = target
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.answers = []  # the bodies, in order
        self.errors = []
        runs = [self._keep_alive] * count + [self._one_shot] * count
        self._threads = [threading.Thread(target=run, daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()

    def _note(self, answer):
        with self._lock:
            self.answers.append(answer.text)
            if answer.status != 200:
                self.errors.append(f"status {answer.status}")

    def _fail(self, error):
        with self._lock:
            self.errors.append(repr(error))

    def _one_shot(self):
        while not self._stopped.is_set():
            try:
                with Connection(self._address) as connection:
                    connection.request("GET", self._target, [("Connection", "close")])
                    self._note(connection.response())
            except (OSError, AssertionError) as error:
                self._fail(error)
                return

    def _keep_alive(self):
        """A new connection only after the server has announced that it closes."""
        while not self._stopped.is_set():
            try:
                with Connection(self._address) as connection:
                    while not self._stopped.is_set():
                        answer = connection.get(self._target)
                        self._note(answer)
                        if (answer["Connection"] or "").lower() == "close":
                            break
            except (OSError, AssertionError) as error:
                self._fail(error)
                return

    def finish(self):
        """Stop; no request may have failed. Returns how many were answered."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a client hangs"
        assert not self.errors, self.errors[:5]
        return len(self.answers)
