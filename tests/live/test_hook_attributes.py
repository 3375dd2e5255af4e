# SPDX-License-Identifier: MIT
"""Every attribute of what hooks are given, under gcorn and gunicorn: there, and with the same value."""
import os
import re
import signal

import pytest

from harness import places
from harness.life import is_alive
from harness.process import wait_until
from harness.server import Server, gcorn_argv, gunicorn_argv

pytest.importorskip("gunicorn.config", reason="gunicorn needs a newer Python")

HOOKS = ("on_starting when_ready nworkers_changed pre_fork post_fork post_worker_init pre_request post_request "
         "worker_int worker_abort worker_exit child_exit on_reload pre_exec on_exit").split()
DIFFERENT = {  # what gcorn has otherwise, and why
    "server.SIG_QUEUE": "signals do not wait in a queue of Python's",
    "worker.PIPE": "a worker is not woken by a pipe", "worker.wait_fds": "the same",
    "worker.wsgi": "None until it is loaded, and not missing",
    "req.unreader": "the connection is not read in Python",
    "resp.version": "the server's name", "resp.must_close": "the sync worker keeps connections",
    "child_exit: worker.booted": "the truth", "worker_exit: worker.aborted": "the same",
    "worker.max_requests": "with its jitter, drawn by each server",
    "on_exit: server.proc_name": "gunicorn keeps the one that it had while it was to be replaced",
}


def lives(folder, argv_of):
    """All hooks have been called: {"hook: object.attribute": value at the first call}."""
    notes = folder / "notes"
    folder.mkdir()
    notes.touch()
    server = Server(argv_of("-c", places.APPS / "hook_probe.py", "app:app"),
                    env={"NOTES": str(notes), "PYTHONPATH": str(places.ROOT / "examples" / "hello")}, cwd=folder)

    def calls(hook):
        text = notes.read_text()
        return max(text.count(f"{hook}: {what}.cfg: ") for what in ("server", "worker"))

    def wait_note(hook, count=1):
        wait_until(lambda: calls(hook) >= count, f"{count} {hook}")

    try:
        wait_note("post_worker_init")
        assert server.request("POST", "/a%20b?x=1", [("X-Y", "z")], b"body").status == 200
        wait_note("post_request")
        os.kill(server.workers[0], signal.SIGABRT)
        wait_note("worker_abort")
        wait_note("post_worker_init", 2)
        os.kill(server.pid, signal.SIGTTIN)
        wait_note("post_worker_init", 3)
        os.kill(server.pid, signal.SIGTTOU)
        wait_note("child_exit", 2)
        os.kill(server.pid, signal.SIGHUP)
        wait_note("on_reload")
        wait_note("child_exit", 3)
        os.kill(server.pid, signal.SIGUSR2)
        wait_note("post_worker_init", 5)
        successor = int(wait_until(lambda: (folder / "pid.2").exists() and (folder / "pid.2").read_text(), "pid.2"))
        os.kill(successor, signal.SIGTERM)
        wait_until(lambda: not is_alive(successor), "the end of the successor")
        assert server.stop(signal.SIGINT) == 0, server.log
    finally:
        server.kill()
    facts = {}
    for line in notes.read_text().splitlines():
        hook, name, value = line.split(": ", 2)
        facts.setdefault(f"{hook}: {name}", re.sub(r"\b\d{3,}\b", "N", value))
    return facts


def test_every_attribute_is_there_as_with_gunicorn(tmp_path):
    ours, theirs = lives(tmp_path / "a", gcorn_argv), lives(tmp_path / "b", gunicorn_argv)
    assert {key.split(": ")[0] for key in ours} == set(HOOKS)
    differing = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    unlisted = {key for key in differing if key not in DIFFERENT and key.split(": ")[1] not in DIFFERENT}
    assert not unlisted, "\n".join(f"{key}: {ours.get(key)}, gunicorn: {theirs.get(key)}" for key in sorted(unlisted))
    assert "missing" not in ours.values()
