# SPDX-License-Identifier: MIT
"""The wire cases of tests/wire/*.md as Python objects: see the README there for the format."""
import re
from dataclasses import dataclass, field

from . import places

ESCAPE = re.compile(r"\\(?:\{([0-9]+)\*([^}]*)\}|x([0-9a-fA-F]{2})|([rnt0\\]))")
SIMPLE = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def unescape(text):
    """The bytes, as Latin-1 text, that the notation stands for."""
    def one(match):
        count, piece, code, letter = match.groups()
        if count is not None:
            return unescape(piece) * int(count)
        return chr(int(code, 16)) if code is not None else SIMPLE[letter]
    return ESCAPE.sub(one, text)


@dataclass
class Event:
    kind: str  # app, refused, kept, closed, waits
    args: list = field(default_factory=list)  # method, target; status, code
    facts: list = field(default_factory=list)  # of app: the lines below, unescaped


@dataclass
class Case:
    file: str
    name: str
    settings: dict = field(default_factory=dict)
    data: bytes = b""
    events: list = field(default_factory=list)
    gunicorn: dict = field(default_factory=dict)  # what gunicorn does instead, and the row that says so

    @property
    def end(self):
        return self.events[-1].kind

    def __str__(self):
        return f"{self.file}: {self.name}"


def read_http(lines):
    text = ""
    for line in lines:
        joined = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        text += unescape(line[:-1]) if joined else unescape(line) + "\r\n"
    return text.encode("latin-1")


def read_events(lines):
    events = []
    for line in lines:
        if line.startswith("  "):
            events[-1].facts.append(unescape(line[2:]))
            continue
        kind, *args = unescape(line).split(" ", 2)
        events.append(Event(kind, args))
    return events


def read_pairs(lines):
    return dict(re.split(r": ?", line, maxsplit=1) for line in lines)


def read_file(path):
    """The cases of one file, in order."""
    cases, block, lines = [], None, []
    # Lines end in "\n" here and nowhere else: cases may hold other controls.
    for line in path.read_bytes().decode("utf-8").split("\n"):
        if block is not None and line == "```":
            if cases:
                take_block(cases[-1], block, lines)
            block = None
        elif block is not None:
            lines.append(line)
        elif line.startswith("```"):
            block, lines = line[3:], []
        elif line.startswith("## "):
            cases.append(Case(path.stem, line[3:]))
    return cases


def take_block(case, block, lines):
    if block == "settings":
        case.settings = read_pairs(lines)
    elif block == "http":
        case.data = read_http(lines)
    elif block == "expect":
        case.events = read_events(lines)
    elif block == "gunicorn":
        case.gunicorn = read_pairs(lines)
    else:
        raise ValueError(f"{case}: a block called {block}")


def read_all():
    folder = places.ROOT / "tests" / "wire"
    return [case for path in sorted(folder.glob("*.md")) if path.stem != "README"
            for case in read_file(path)]


def arguments(settings):
    """The command line for a server with these settings of a case; `peer` is about the test's client."""
    settings = dict(settings)
    anyone = settings.pop("peer", "other") == "trusted"
    who = "*" if anyone else "192.0.2.1"
    args = ["--forwarded-allow-ips", who, "--proxy-allow-from", who]
    for name, value in settings.items():
        flag = "--limit-request-field_size" if name == "limit_request_field_size" \
            else "--" + name.replace("_", "-")
        if value == "true":
            args.append(flag)
        else:
            args += [flag, value]
    return args


def refusal_texts():
    """{code: text} of the refusals."""
    table = (places.ROOT / "include/gcorn/http/refusal.def").read_text()
    rows = re.findall(r'\.code = "([^"]+)".*?\.text = "([^"]*)"', table, re.DOTALL)
    return dict(rows)
