# SPDX-License-Identifier: MIT
"""The end of a process that the app has forked: what Python does at exit, but for tearing itself down."""
import atexit
import sys
import threading


def end():
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
