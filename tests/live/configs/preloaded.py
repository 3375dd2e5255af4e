# SPDX-License-Identifier: MIT
import gc
import os

preload_app = True
workers = 2
reuse_port = False


def on_starting(server):
    gc.disable()
    server.started_by = os.getpid()


def when_ready(server):
    gc.freeze()


def post_fork(server, worker):
    gc.enable()
    server.log.info("born of the arbiter: %s", server.started_by == server.pid == os.getppid())


def worker_exit(server, worker):
    worker.log.info("ends")
