# SPDX-License-Identifier: MIT
import os
import shutil

from prometheus_client import multiprocess

workers = 2
max_requests = 0
metrics = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "metrics")
raw_env = ["PROMETHEUS_MULTIPROC_DIR=" + metrics]


def on_starting(server):
    shutil.rmtree(metrics, ignore_errors=True)
    os.makedirs(metrics)


def when_ready(server):
    multiprocess.start_http_server(9100)


def child_exit(server, worker):
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    shutil.rmtree(metrics)
