#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Python.h is included in src/python/ only, and there through py.h only, so that one place states the
version floor and the macros that must precede it. No public header mentions it or a PyObject.

Run alone: tests/lint/door.py [ROOT]
"""
import pathlib
import re
import sys

DOOR = pathlib.PurePath("src/python/py.h")
PYTHON_H = re.compile(r'^\s*#\s*include\s*[<"](?:[^>"]*/)?Python\.h[>"]', re.MULTILINE)
PY_H = re.compile(r'^\s*#\s*include\s*"(?:[^"]*/)?py\.h"', re.MULTILINE)
OBJECT = re.compile(r"\bPy(?:Object|ThreadState|TypeObject)\b")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def judge(where, text):
    """The faults of one file."""
    inside = where.parts[:2] == ("src", "python")
    if PYTHON_H.search(text) and where != DOOR:
        yield f'{where}: includes Python.h itself; {"include py.h" if inside else "only src/python/ may"}'
    if PY_H.search(text) and not inside:
        yield f"{where}: includes py.h, which belongs to src/python/"
    if not inside and OBJECT.search(COMMENT.sub("", text)):
        yield f"{where}: speaks of CPython's types; use the door, <gcorn/python/python.h>"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parents[2]
    faults = []
    for top in ("src", "include", "tests"):
        for path in sorted((root / top).rglob("*.[ch]")):
            faults += judge(path.relative_to(root), path.read_text(encoding="utf-8"))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
