#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The include graph obeys the ranks of docs/architecture.md: a module includes headers of its own and
of lower ranks only; modules of one rank do not know each other. A header that is in include/ compiles
alone, which is not checked here but by every .c including its own header first, which is.

Run alone: tests/lint/ranks.py [ROOT]
"""
import pathlib
import re
import sys

RANKS = {
    "base": 0,
    "net": 1,
    "log": 1,
    "proc": 1,
    "config": 2,
    "http": 2,
    "python": 3,
    "worker": 4,
    "arbiter": 5,
}
PROGRAM = 6  # src/main.c and src/cli.c see everything

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:<gcorn/([^>]+)>|"([^"]+)")', re.MULTILINE)


def module_of(path, root):
    """("net", 1) of src/net/x.c and include/gcorn/net/x.h; ("main.c", 6) of src/main.c."""
    parts = path.relative_to(root).parts
    parts = parts[2:] if parts[0] == "include" else parts[1:]
    if len(parts) == 1:
        return parts[0], PROGRAM
    return parts[0], RANKS.get(parts[0])


def judge(module, rank, target):
    """What is wrong with `module` of `rank` including <gcorn/target>, or None."""
    other = target.split("/")[0]
    if other == module:
        return None
    if other not in RANKS:
        return f"<gcorn/{target}> is of no known module"
    if RANKS[other] >= rank:
        return f"{module} (rank {rank}) includes <gcorn/{target}> (rank {RANKS[other]})"
    return None


def own_header_first(path, text, root):
    """A .c that has a header of its own includes it before any other."""
    module, _ = module_of(path, root)
    public = f"gcorn/{module}/{path.stem}.h"
    private = path.with_suffix(".h")
    if (root / "include" / public).exists():
        want = f"#include <{public}>"
    elif private.exists():
        want = f'#include "{private.name}"'
    else:
        return None
    first = re.search(r"^\s*#\s*include\s+\S+", text, re.MULTILINE)
    if first is None or " ".join(first.group().split()) != want:
        return f"its first include is not {want}"
    return None


def check(root):
    faults = []
    paths = [p for top in ("src", "include") for p in sorted((root / top).rglob("*.[ch]"))]
    for path in paths:
        module, rank = module_of(path, root)
        text = path.read_text(encoding="utf-8")
        where = path.relative_to(root)
        if rank is None:
            faults.append(f"{where}: {module} is no module of tests/lint/ranks.py")
            continue
        for public, private in INCLUDE.findall(text):
            fault = judge(module, rank, public) if public else None
            if private and "/" in private:
                fault = f'"{private}": a private header is beside its .c'
            if fault:
                faults.append(f"{where}: {fault}")
        fault = own_header_first(path, text, root) if path.suffix == ".c" else None
        if fault:
            faults.append(f"{where}: {fault}")
    return faults


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parents[2]
    faults = check(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
