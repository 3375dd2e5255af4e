# SPDX-License-Identifier: MIT
"""gunicorn.workers: the names of worker classes."""

SUPPORTED_WORKERS = {
    "sync": "gunicorn.workers.sync.SyncWorker",
    "gthread": "gunicorn.workers.gthread.ThreadWorker",
}
