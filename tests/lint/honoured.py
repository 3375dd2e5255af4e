#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No setting is read and ignored: one without a status in settings.def is used by some code outside
the parser of settings.

Run alone: tests/lint/honoured.py [ROOT]
"""
import pathlib
import re
import sys

ROW = re.compile(r"^SETTING\((\w+), \w+,(.*?)(?=^SETTING|\Z)", re.MULTILINE | re.DOTALL)
# What itself only chooses what is loaded, and so is used where settings are loaded.
OF_THE_LOADER = {"config", "wsgi_app", "worker_class", "proc_name", "default_proc_name"}


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parents[2]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((root / "src").rglob("*.c"))
                     if path.parent.name != "config")
    faults = []
    for path in sorted((root / "include/gcorn/config").glob("settings_*.def")):
        text = path.read_text(encoding="utf-8")
        macros = dict(re.findall(r"^#define (\w+)[^\n]*?((?:\\\n|[^\n])*)$", text, re.MULTILINE))
        for name, row in ROW.findall(text):
            columns = row + "".join(value for macro, value in macros.items() if macro in row)
            ready = ".status" not in columns
            used = re.search(rf"settings(?:->|\.){name}\b|GCN_SETTING_{name}\b", code)
            if ready and not used and name not in OF_THE_LOADER:
                faults.append(f"{path.name}: {name} is ready, but nothing uses it")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
