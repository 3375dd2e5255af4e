# SPDX-License-Identifier: MIT
"""What Python does at exit, but for tearing itself down: in processes that the app has forked, and where
calls of the app go on that nobody waits for.
"""
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
