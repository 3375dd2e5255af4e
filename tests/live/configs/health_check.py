# SPDX-License-Identifier: MIT
# A worker that has served its share of requests asks to be replaced; the environ tells who asked.
workers = 1


class Counter:
    def __init__(self):
        self.seen = 0

    def __call__(self, worker, req, environ):
        self.seen += 1
        if environ.get("HTTP_USER_AGENT", "").startswith("probe"):
            worker.log.info("probe %d", self.seen)


post_request = Counter()
pre_request = lambda worker, req: worker.log.info("%s from %s", req.method, req.remote_addr[0])  # noqa: E731
