# SPDX-License-Identifier: MIT
# refused: worker_class: TimedWorker: expected sync or gthread; other worker classes cannot run here
from gunicorn.workers.sync import SyncWorker


class TimedWorker(SyncWorker):
    def handle_request(self, listener, req, client, addr):
        return super().handle_request(listener, req, client, addr)


worker_class = TimedWorker
