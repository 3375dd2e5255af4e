#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every rule of refusal.def is shown from both sides: a wire case that it refuses, and one that is served
and differs from it in one place, or in its settings alone. A rule that no bytes alone can break (disk,
time, 64 MiB) is named by a unit test.

Run alone: tests/lint/both_sides.py
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/live"), str(ROOT / "tests/lint")]

from errors import COMMENT, MEMBER, ROW  # noqa: E402
from harness import cases  # noqa: E402

NEAR_BYTES = 40  # the longest place in which two neighbours differ
LEAST_CASES = 400
UNKNOWN = {"GCN-H015"}  # it is there for a head that nobody has found yet


def rules(text):
    """[(name, code)] of refusal.def."""
    return [(name, dict(MEMBER.findall(members))["code"].strip('"'))
            for name, members in ROW.findall(COMMENT.sub("", text))]


def distance(one, other):
    """The length of the place in which the two differ."""
    front = len(os.path.commonprefix([one, other]))
    one, other = one[front:], other[front:]
    return max(len(one), len(other)) - len(os.path.commonprefix([one[::-1], other[::-1]]))


def refuses(case, code):
    return any(event.kind == "refused" and event.args[1] == code for event in case.events)


def is_served(case):
    return case.events[0].kind == "app" and not any(event.kind == "refused" for event in case.events)


def judge(table, wire, units):
    """The faults."""
    served = [case for case in wire if is_served(case)]
    if len(wire) < LEAST_CASES:
        yield f"there are {len(wire)} wire cases only"
    for name, code in table:
        refused = [case for case in wire if refuses(case, code)]
        near = any(distance(case.data, other.data) <= NEAR_BYTES for case in refused for other in served)
        named = re.search(rf"\bGCN_REFUSE_{name}\b", units)
        if not refused and not named and code not in UNKNOWN:
            yield f"{code}: no wire case is refused with it and no unit test names it"
        elif refused and not near:
            yield f"{code}: no wire case that is served is a neighbour of one that it refuses"


def main():
    table = rules((ROOT / "include/gcorn/http/refusal.def").read_text(encoding="utf-8"))
    units = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/unit").rglob("*.c"))
    faults = list(judge(table, cases.read_all(), units))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
