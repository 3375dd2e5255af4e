# SPDX-License-Identifier: MIT
# PORT and WEB_CONCURRENCY are set by the platform, and are defaults of the server itself.
import os

worker_connections = 1000
timeout = int(os.environ.get("REQUEST_TIMEOUT", "25"))
keepalive = 2
preload_app = True
max_requests = 1200
max_requests_jitter = 50
log_file = "-"


def post_fork(server, worker):
    server.log.info("worker %s of %s", worker.age, server.cfg.workers)
