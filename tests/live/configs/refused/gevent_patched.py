# SPDX-License-Identifier: MIT
# refused: worker_class: gevent: not in this version: the gevent worker
try:
    from gevent import monkey
    monkey.patch_all()
except ImportError:
    pass

import multiprocessing

workers = multiprocessing.cpu_count() * 2 + 1
worker_class = "gevent"
worker_connections = 1000
