# SPDX-License-Identifier: MIT
import logging

import sentry_sdk
from sentry_sdk.integrations import WsgiIntegration

workers = 1
loglevel = "warning"
logger = logging.getLogger("gunicorn.error")


def post_worker_init(worker):
    sentry_sdk.init(
        dsn="https://key@sentry.invalid/1",
        integrations=[WsgiIntegration()],
        release="shop@1.2.3",
        server_name=worker.cfg.proc_name,
    )
    logger.warning("sentry is on in worker %d", worker.age)


def worker_abort(worker):
    sentry_sdk.capture_message("worker %d was aborted" % worker.age, level="fatal")
