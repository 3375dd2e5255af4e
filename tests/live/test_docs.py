# SPDX-License-Identifier: MIT
"""The examples on the pages about settings do what the pages say. Of an indented block that begins with "$ ", each
line behind a "$ " is a command, and what follows it is what it prints; "$ cat FILE" is what the file is to have."""
import os
import re
import subprocess

import pytest

from harness import places
from harness.server import environment

PAGES = ["configuration", "hooks", "logging", "migrating-from-gunicorn", "quickstart", "settings"]
NAMES = {"yaml": "gcorn.yaml", "python": "gunicorn.conf.py"}


def text_of(page):
    return (places.ROOT / "docs" / f"{page}.md").read_text()


def consoles(page):
    """[[(command, output)]]: one list a block."""
    for block in re.findall(r"(?:^ {4,}.*\n)+", text_of(page), re.M):
        lines = [re.sub(r"^ {4}(?: {3}(?=\S))?", "", line) for line in block.splitlines()]
        if lines[0].startswith("$ "):
            parts = re.split(r"^\$ ", "\n".join(lines) + "\n", flags=re.M)[1:]
            yield [tuple(part.split("\n", 1)) for part in parts]


def fences(page):
    return re.findall(r"^```(yaml|python)\n(.*?)^```", text_of(page), re.M | re.S)


def shop(folder):
    """The project of the examples."""
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "wsgi.py").write_text("def application(environ, start_response): raise NotImplementedError\n")
    (folder / "shop" / "hooks.py").write_text(
        "def when_ready(server): pass\ndef post_request(worker, req, environ, resp): pass\n")


def run(folder, command):
    path = f"{places.GCORN.parent}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment({"PATH": path}), text=True, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


@pytest.mark.parametrize("page, steps", [(page, steps) for page in PAGES for steps in consoles(page)])
def test_the_commands_of_a_page_print_what_it_says(tmp_path, page, steps):
    shop(tmp_path)
    exports = ""
    for command, output in steps:
        if command.startswith("cat "):
            (tmp_path / command[4:]).write_text(output)
        elif command.startswith("export "):
            exports += command + "; "
        else:
            assert run(tmp_path, exports + command)[1] == output


@pytest.mark.parametrize("page", [page for page in PAGES if fences(page)])
def test_the_config_files_of_a_page_are_taken(tmp_path, page):
    shop(tmp_path)
    for language, text in fences(page):
        (tmp_path / NAMES[language]).write_text(text)
        assert run(tmp_path, f"gcorn --check-config -c {NAMES[language]} shop.wsgi") == (0, ""), text


def test_each_page_has_an_example():
    for page in ("settings", "configuration", "hooks", "migrating-from-gunicorn"):
        assert list(consoles(page)) or fences(page), page


def test_the_traps_of_yaml_are_none(tmp_path):
    shop(tmp_path)
    rows = re.findall(r"^\| (`\w+:.*?) \| (.*) \|$", text_of("configuration"), re.M)
    assert len(rows) > 8
    for written, is_said in rows:
        for yaml in re.findall(r"`(\w+:.*?)`", written):
            (tmp_path / "gcorn.yaml").write_text(yaml + "\n")
            code, _ = run(tmp_path, "gcorn --check-config shop.wsgi")
            assert (code != 0) == is_said.startswith("an error"), yaml
