# SPDX-License-Identifier: MIT
"""In the manner of workflow schedulers: a monitor counts the workers whose title says that they are ready."""
import os

PREFIX = "[ready] "
workers = 2
proc_name = "webserver"
titles = {}


def setproctitle(title):
    titles[os.getpid()] = title


def post_worker_init(worker):
    setproctitle(PREFIX + worker.cfg.proc_name)
    worker.log.info("%s", titles[os.getpid()])


def worker_exit(server, worker):
    assert titles.pop(worker.pid) == PREFIX + "webserver"
    assert not titles, titles
