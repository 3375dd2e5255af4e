# SPDX-License-Identifier: MIT
"""The completions in the shells that they are for, and the manual in the programs that show it."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from harness import places

CASES = [  # what is typed before the key, and what stands there behind it
    ("gcorn --log-level de", "gcorn --log-level debug"),
    ("gcorn --log-level=de", "gcorn --log-level=debug"),
    ("gcorn --pre", "gcorn --preload"),
    ("gcorn --chdir som", "gcorn --chdir some\\ folder/"),
    ("gcorn -c some\\ fo", "gcorn -c some\\ folder/"),
]


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, argv, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            path = f"{places.GCORN.parent}:{os.environ['PATH']}"
            os.execvpe(argv[0], argv, {"PATH": path, "TERM": "dumb", "HOME": str(folder), "PS1": "> "})
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, text):
        """Read until it is there; what came later counts only."""
        deadline = time.monotonic() + 20
        while text not in self.seen:
            ready = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]
            assert ready, f"{text!r} is not in {self.seen!r}"
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        self.seen = self.seen.partition(text)[2]

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "some folder").mkdir()
    for shell, name in (("bash", "gcorn.bash"), ("zsh", "_gcorn"), ("fish", "gcorn.fish")):
        text = subprocess.run([places.GCORN, "--print-completion", shell], check=True, stdout=subprocess.PIPE).stdout
        (tmp_path / name).write_bytes(text)
    return tmp_path


@pytest.mark.parametrize("argv, prepare", [
    (["bash", "--norc", "-i"], "bind 'set bell-style none'; source gcorn.bash"),
    (["zsh", "-f", "-i"], "unsetopt beep; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D"),
], ids=["bash", "zsh"])
def test_a_shell_completes_options_words_and_paths(folder, argv, prepare):
    if shutil.which(argv[0]) is None:
        pytest.skip(f"no {argv[0]}")
    terminal = Terminal(argv, folder)
    try:
        terminal.type(f"{prepare}; echo it is re''ady\n")
        terminal.expect("it is ready")
        for typed, completed in CASES:
            terminal.type(typed + "\t")
            terminal.expect(completed)
            terminal.type("\x15")  # forget the line
    finally:
        terminal.close()


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish")
def test_fish_completes_options_words_and_paths(folder):
    for typed, completed in [("gcorn --log-level de", "debug"), ("gcorn --log-level=de", "--log-level=debug"),
                             ("gcorn --preloa", "--preload\t"), ("gcorn --chdir som", "some folder/")]:
        done = subprocess.run(["fish", "--no-config", "-c", f"source gcorn.fish; complete -C '{typed}'"], cwd=folder,
                              text=True, env={**os.environ, "HOME": str(folder)}, stdout=subprocess.PIPE, timeout=60)
        assert done.stdout.startswith(completed), (typed, done.stdout)


@pytest.mark.skipif(not shutil.which("mandoc"), reason="no mandoc")
def test_the_manual_is_clean():
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", places.ROOT / "docs" / "gcorn.1"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    complaints = [line for line in done.stdout.splitlines() if "missing date" not in line]  # a date would go stale
    assert complaints == []


@pytest.mark.skipif(not shutil.which("man"), reason="no man")
def test_the_manual_shows_each_option():
    done = subprocess.run(["man", "-l", "-Tutf8", places.ROOT / "docs" / "gcorn.1"], text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "MANWIDTH": "80", "MAN_KEEP_FORMATTING": ""}, check=True)
    shown = re.sub(".\x08|\x1b\\[[0-9;]*m", "", done.stdout)
    for flag in ("-w, --workers INT", "--no-sendfile", "--log-level LEVEL"):
        assert re.search(rf"^ +{flag}", shown, re.M), shown[:3000]
