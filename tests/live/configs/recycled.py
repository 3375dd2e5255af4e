# SPDX-License-Identifier: MIT
max_requests = 3
max_requests_jitter = 0
workers = 1
graceful_timeout = 5
timeout = 60


def post_fork(server, worker):
    server.log.info("number %d may serve %d", worker.age, worker.max_requests)


def child_exit(server, worker):
    server.log.info("number %d is gone", worker.age)
