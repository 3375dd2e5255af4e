# SPDX-License-Identifier: MIT
import os
import shutil

metrics = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", "metrics")  # before the import
os.makedirs(metrics, exist_ok=True)

from prometheus_client import multiprocess

workers = 2


def on_starting(server):
    shutil.rmtree(metrics, ignore_errors=True)
    os.makedirs(metrics)


def child_exit(server, worker):
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    shutil.rmtree(metrics)
