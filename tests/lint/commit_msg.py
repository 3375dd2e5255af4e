#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The form of commit messages: `module: lower-case imperative, no full stop`, at most 72 characters, an
empty line, and the reason in prose wrapped at 72. Checks the history of HEAD, or the range or the
message file that is given. Where there is no history (a release archive) there is nothing to check.

Run alone: tests/lint/commit_msg.py [RANGE | FILE]
"""
import pathlib
import re
import subprocess
import sys

WIDTH = 72
SLACK = 2  # a body is wrapped at WIDTH; a word that sticks out this much is nobody's trouble
SUBJECT = re.compile(r"^[a-z][a-z0-9_.+-]*(?:(?:/|, )[a-z0-9_.+-]+)*: [^A-Z\s]\S*(?: \S+)*$")
# An acronym or a name in capitals may open the text: "http: HEAD has no body".
NAME_FIRST = re.compile(r"^[^:]+: (?:[A-Z][A-Z0-9]+|[A-Z]\S*[A-Z0-9_]\S*)\b")
# What is in the history cannot be worded anew.
FORGIVEN = {"lint: allow the nesting that a logging macro brings"}
GENERATED = re.compile(r"^(?:Merge |Revert \")")


def judge(message):
    """The faults of one message."""
    lines = message.rstrip("\n").split("\n")
    subject = lines[0]
    if GENERATED.match(subject) or subject in FORGIVEN:
        return
    if len(subject) > WIDTH:
        yield f"the subject has {len(subject)} characters, at most {WIDTH} are allowed"
    if not SUBJECT.match(subject) and not NAME_FIRST.match(subject):
        yield "the subject is not of the form `module: lower-case imperative`"
    if subject.endswith("."):
        yield "the subject ends in a full stop"
    if len(lines) < 3 or lines[1] != "" or not lines[2].strip():
        yield "there is no reason: an empty line and prose have to follow the subject"
    for number, line in enumerate(lines[1:], 2):
        if len(line) > WIDTH + SLACK and " " in line.strip():
            yield f"line {number} has {len(line)} characters, wrap at {WIDTH}"


def git(*args):
    return subprocess.run(("git", *args), capture_output=True, text=True, check=False)


def messages(what):
    """(name, message) of each commit of the range `what`, or of the message file of that name."""
    if what and pathlib.Path(what).is_file():
        text = pathlib.Path(what).read_text(encoding="utf-8")
        kept = [line for line in text.split("\n") if not line.startswith("#")]
        return [(what, "\n".join(kept))]
    found = git("log", "-z", "--format=%h%n%B", what or "HEAD")
    if found.returncode != 0:
        if what:
            sys.exit(f"commit_msg.py: {found.stderr.strip()}")
        return []
    commits = [commit for commit in found.stdout.split("\0") if commit]
    return [tuple(commit.split("\n", 1)) for commit in commits]


def main():
    bad = 0
    for name, message in messages(sys.argv[1] if len(sys.argv) > 1 else None):
        for fault in judge(message):
            bad = 1
            print(f"{name} {message.splitlines()[0]}: {fault}", file=sys.stderr)
    return bad


if __name__ == "__main__":
    sys.exit(main())
