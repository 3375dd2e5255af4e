#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every test that docs/conformance.md names is there, and every row names one.

Run alone: tests/lint/conformance.py [ROOT]
"""
import pathlib
import re
import sys

NAMED = re.compile(r"`(wire|unit|live)/([^:`]+): ([^`]+)`")
DEFINITIONS = {
    "wire": (".md", "## {}\n"),
    "unit": (".c", "static void {}("),
    "live": (".py", "def {}("),
}


def judge(root, docs):
    """The faults."""
    for number, line in enumerate(docs.splitlines(), 1):
        named = NAMED.findall(line)
        if re.match(r"\| (?!clause|---)", line) and not named:
            yield f"docs/conformance.md:{number}: names no test"
        for kind, file, name in named:
            suffix, definition = DEFINITIONS[kind]
            path = root / "tests" / kind / (file + suffix)
            if not path.exists():
                yield f"docs/conformance.md:{number}: there is no {path.relative_to(root)}"
            elif definition.format(name) not in path.read_text(encoding="utf-8"):
                yield f'docs/conformance.md:{number}: "{name}" is not in {path.relative_to(root)}'


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parents[2]
    faults = list(judge(root, (root / "docs/conformance.md").read_text(encoding="utf-8")))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
