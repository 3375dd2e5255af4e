# SPDX-License-Identifier: MIT
"""The setting spew: print each line of Python before it is executed."""
import linecache
import sys


def trace(frame, event, _argument):
    if event == "line":
        number = frame.f_lineno
        name = frame.f_globals.get("__name__") or frame.f_code.co_filename
        line = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).rstrip()
        print(f"{name}:{number}: {line}", flush=True)
    return trace


def start():
    """Trace the calling thread from its next call on."""
    sys.settrace(trace)
