# SPDX-License-Identifier: MIT
import time

workers = 1
loglevel = "debug"
_started = {}


def pre_request(worker, req):
    _started[id(req)] = time.monotonic()
    req.headers.append(("X-REQUEST-START", "t=1"))
    worker.log.debug("%s %s?%s", req.method, req.path, req.query)


def post_request(worker, req):
    seconds = time.monotonic() - _started.pop(id(req))
    worker.log.debug("%s took less than a minute: %s", req.uri, seconds < 60)
