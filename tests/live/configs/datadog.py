# SPDX-License-Identifier: MIT
import os

statsd_host = os.environ.get("DD_AGENT_HOST", "127.0.0.1") + ":8125"
statsd_prefix = os.environ.get("DD_SERVICE", "shop")
dogstatsd_tags = ",".join(f"{key}:{os.environ.get('DD_' + key.upper(), 'none')}" for key in ("env", "version"))
workers = int(os.environ.get("WEB_CONCURRENCY", 2))


def post_fork(server, worker):
    try:
        from ddtrace import tracer
    except ImportError:
        server.log.info("ddtrace is not installed; there will be no traces")
        return
    tracer.configure(hostname=os.environ["DD_AGENT_HOST"])


def child_exit(server, worker):
    server.log.debug("worker %d took its tracer along", worker.age)
