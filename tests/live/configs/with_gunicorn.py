# SPDX-License-Identifier: MIT
# Uses the names of gunicorn's own package that config files use.
import gunicorn
from gunicorn import glogging, util
from gunicorn.workers.gthread import ThreadWorker

worker_class = ThreadWorker
workers = 1
threads = 2

assert gunicorn.version_info >= (20,)
assert util.parse_address("127.0.0.1:80") == ("127.0.0.1", 80)
assert issubclass(glogging.Logger, object)


def worker_int(worker):
    worker.log.warning("interrupted")
