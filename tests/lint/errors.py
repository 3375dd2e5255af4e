#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rows of docs/errors.md are the refusals of include/gcorn/http/refusal.def: same codes in the same
order, same status, text, clause and setting, and an explanation each. No code is used twice.

Run alone: tests/lint/errors.py [ROOT]
"""
import pathlib
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ROW = re.compile(r"REFUSAL\((\w+),(.*?)\)\s*(?=REFUSAL|\Z)", re.DOTALL)
MEMBER = re.compile(r'\.(\w+) = ("[^"]*"|\d+)')
COLUMNS = ("code", "status", "text", "clause", "setting")


def read_table(text):
    """[(code, status, text, clause, setting)] of refusal.def."""
    rows = []
    for _, members in ROW.findall(COMMENT.sub("", text)):
        values = {name: value.strip('"') for name, value in MEMBER.findall(members)}
        rows.append(tuple(values.get(column, "") for column in COLUMNS))
    return rows


def read_docs(text):
    """The same of errors.md, with the explanation behind."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| GCN-"):
            rows.append(tuple(cells[:4]) + (cells[4].strip("`"), cells[5].strip(" |")))
    return rows


def judge(table, docs):
    """The faults."""
    codes = [row[0] for row in table]
    yield from (f"{code}: used twice" for code in set(codes) if codes.count(code) > 1)
    if not table:
        yield "refusal.def: no rows found"
    if codes != [row[0] for row in docs]:
        missing = set(codes) ^ {row[0] for row in docs}
        yield f"the codes or their order differ: {', '.join(sorted(missing)) or 'order'}"
        return
    for row, doc in zip(table, docs):
        for column, ours, theirs in zip(COLUMNS, row, doc):
            if ours != theirs:
                yield f'{row[0]}: {column} is "{ours}" in refusal.def and "{theirs}" in errors.md'
        if not doc[5]:
            yield f"{row[0]}: no explanation"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parents[2]
    table = read_table((root / "include/gcorn/http/refusal.def").read_text(encoding="utf-8"))
    docs = read_docs((root / "docs/errors.md").read_text(encoding="utf-8"))
    faults = list(judge(table, docs))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
