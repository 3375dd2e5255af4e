# SPDX-License-Identifier: MIT
# refused: worker_class: egg:gunicorn#gevent: not in this version: the gevent worker
worker_class = "egg:gunicorn#gevent"


def post_fork(server, worker):
    from psycogreen.gevent import patch_psycopg
    patch_psycopg()
    worker.log.info("Made Psycopg2 Green")
