# SPDX-License-Identifier: MIT
"""gunicorn.workers.gthread."""

from gunicorn.workers.base import Worker


class ThreadWorker(Worker):
    ALIAS = "gthread"
