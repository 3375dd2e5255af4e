# SPDX-License-Identifier: MIT
"""gunicorn.workers.sync."""

from gunicorn.workers.base import Worker


class SyncWorker(Worker):
    ALIAS = "sync"
