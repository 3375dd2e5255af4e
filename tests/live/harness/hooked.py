# SPDX-License-Identifier: MIT
"""Servers with hooks, which note what they see."""
import textwrap

import pytest

from .process import wait_until
from .server import Server, gcorn_argv, gunicorn_argv

BOTH = pytest.mark.parametrize("argv_of", [gcorn_argv, gunicorn_argv], ids=["gcorn", "gunicorn"])


class Hooked:
    """A server with a config file of these lines; `notes` is what its hooks have written."""

    def __init__(self, folder, argv_of, text, *args, starts=True, name="conf.py", app="probe:app"):
        self._notes = folder / "notes"
        self._notes.touch()
        config = folder / name
        config.write_text(textwrap.dedent(text))
        argv = argv_of("-c", config, *args, app)
        env = {"NOTES": str(self._notes), "PYTHONPATH": str(folder)}
        self.server = Server(argv, env=env) if starts else None
        self.argv, self.env = argv, env

    @property
    def notes(self):
        return self._notes.read_text().splitlines()

    def wait_note(self, start):
        wait_until(lambda: any(note.startswith(start) for note in self.notes), f"{start} in {self._notes}")
