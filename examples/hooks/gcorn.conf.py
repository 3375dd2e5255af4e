# SPDX-License-Identifier: MIT
# Hooks that tell what happens: cd examples/hooks && gcorn
import time

chdir = "../hello"
wsgi_app = "app:app"
bind = "127.0.0.1:8000"
workers = 2

SLOW_SECONDS = 1.0
_began = {}


def when_ready(server):
    server.log.info("ready on %s with %d workers", ", ".join(map(str, server.LISTENERS)), server.num_workers)


def post_worker_init(worker):
    worker.log.info("worker %d has the app %r", worker.age, worker.cfg.wsgi_app)


def pre_request(worker, req):
    _began[id(req)] = time.monotonic()


def post_request(worker, req, environ, resp):
    seconds = time.monotonic() - _began.pop(id(req))
    if seconds >= SLOW_SECONDS or resp is None or resp.status_code >= 500:
        worker.log.warning("%s %s took %.1f s", req.method, req.uri, seconds)


def worker_abort(worker):
    worker.log.error("worker %d did not answer within %d s", worker.age, worker.cfg.timeout)


def child_exit(server, worker):
    server.log.info("worker %d (pid %d) is gone, %d are left", worker.age, worker.pid, len(server.WORKERS))


def on_exit(server):
    server.log.info("all are gone")
