# SPDX-License-Identifier: MIT
"""Clients that keep asking while a test does something to the server, and note what goes wrong."""
import threading
import time

from .wire import Connection


class Load:
    """`count` keep-alive clients and as many that connect anew for each request, until finish().

    They send GET, or with a `body` POST by turns, to `addresses` (the server's own if there are none). With
    `tolerant` a client goes on after an error; else its first one ends it."""

    def __init__(self, server, target="/", count=2, addresses=(), body=b"", tolerant=False):
        self._target = target
        self._body = body
        self._tolerant = tolerant
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.answers = []  # the bodies, in order
        self.seconds = []  # how long each took
        self.errors = []   # (when, what)
        runs = [(self._until_stopped, step, address) for address in addresses or [server.address]
                for step in (self._keep_alive, self._one_shot) for _ in range(count)]
        self._threads = [threading.Thread(target=run[0], args=run[1:], daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()

    def _until_stopped(self, step, address):
        while not self._stopped.is_set():
            try:
                with Connection(address) as connection:
                    step(connection)
            except (OSError, AssertionError) as error:
                with self._lock:
                    self.errors.append((time.monotonic(), repr(error)))
                if not self._tolerant:
                    return

    def _ask(self, connection, number, fields=()):
        """One request and its answer; True if the server keeps the connection."""
        body = self._body if number % 2 else b""
        began = time.monotonic()
        connection.request("POST" if body else "GET", self._target, fields, body)
        answer = connection.response()
        with self._lock:
            self.seconds.append(time.monotonic() - began)
            self.answers.append(answer.text)
        assert answer.status == 200, f"status {answer.status}"
        return (answer["Connection"] or "").lower() != "close"

    def _one_shot(self, connection):
        self._ask(connection, len(self.answers), [("Connection", "close")])

    def _keep_alive(self, connection):
        """A new connection only after the server has announced that it closes."""
        number = 0
        while not self._stopped.is_set() and self._ask(connection, number):
            number += 1

    def stop(self):
        """No more requests; all answers are there."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a client hangs"

    def finish(self):
        """Stop; no request may have failed. Returns how many were answered."""
        self.stop()
        assert not self.errors, self.errors[:5]
        return len(self.answers)
