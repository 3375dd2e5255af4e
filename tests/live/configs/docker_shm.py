# SPDX-License-Identifier: MIT
# As the images of many a team have it: one process a container, a few threads, logs to the container's output.
import os

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.getenv("WEB_CONCURRENCY", 1))
threads = int(os.getenv("PYTHON_MAX_THREADS", "4"))
worker_class = "gthread"
worker_tmp_dir = "/dev/shm"
accesslog = "-"
errorlog = "-"
loglevel = os.getenv("LOG_LEVEL", "info").upper()
graceful_timeout = int(os.getenv("GRACEFUL_TIMEOUT", "30"))
keepalive = 5
reload = bool(os.getenv("WEB_RELOAD", ""))
control_socket_disable = True
