#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/settings.md and docs/gcorn.1 are what the gcorn that was just built prints.

Run alone: tests/lint/docs_fresh.py [GCORN] [--write]
GCORN is build/gcorn unless it is named; there is nothing to compare if it does not exist. With --write
the pages are brought up to date instead.
"""
import difflib
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = {"settings": ROOT / "docs" / "settings.md", "man": ROOT / "docs" / "gcorn.1"}


def printed(gcorn, page):
    done = subprocess.run([gcorn, "--print-docs", page], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


def main():
    write = "--write" in sys.argv[1:]
    named = [argument for argument in sys.argv[1:] if argument != "--write"]
    gcorn = pathlib.Path(named[0]) if named else ROOT / "build" / "gcorn"
    if not named and not gcorn.exists():
        return 0
    stale = []
    for page, path in PAGES.items():
        new = printed(gcorn, page)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if new == old:
            continue
        if write:
            path.write_text(new, encoding="utf-8")
            continue
        stale.append(path.relative_to(ROOT))
        sys.stderr.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True),
                                                   str(path.name), "printed", n=1))
    for path in stale:
        print(f"{path} is stale; bring it up to date with: "
              f"python3 tests/lint/docs_fresh.py {gcorn} --write", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
