# SPDX-License-Identifier: MIT
"""Where things are."""
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
APPS = ROOT / "tests" / "live" / "apps"
GCORN = Path(os.environ.get("GCORN_BINARY", ROOT / "build" / "gcorn")).absolute()  # servers run elsewhere
VENV = Path(sys.prefix)


def is_sanitized():
    """True if the binary under test was built with a sanitizer."""
    program = GCORN.read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def find_program(name):
    """The path of a program, also where only root has it on PATH; None if there is none."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")
