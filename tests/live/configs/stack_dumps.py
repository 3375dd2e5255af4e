# SPDX-License-Identifier: MIT
# Shows where a worker was when it was stopped.
import sys
import threading
import traceback

timeout = 60
workers = 1


def dump(worker, why):
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    stacks = [f"{names.get(ident, '?')} has {len(traceback.extract_stack(frame)) > 0} stack"
              for ident, frame in sys._current_frames().items() if ident == threading.main_thread().ident]
    worker.log.critical("%s: %s", why, "; ".join(stacks))


def worker_abort(worker):
    dump(worker, "aborted")


def worker_int(worker):
    dump(worker, "interrupted")
