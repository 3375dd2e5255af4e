# SPDX-License-Identifier: MIT
workers = 1
threads = 8
worker_class = "gunicorn.workers.gthread.ThreadWorker"
worker_connections = 100
timeout = 0


def post_worker_init(worker):
    worker.log.info("%s threads", worker.cfg.threads)
