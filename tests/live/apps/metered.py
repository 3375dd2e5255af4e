# SPDX-License-Identifier: MIT
"""A WSGI app that counts with prometheus_client, whose files PROMETHEUS_MULTIPROC_DIR names."""
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, multiprocess

SERVED = Counter("served", "Requests that were served.")
SEEN = Gauge("seen", "Workers that have served.", multiprocess_mode="liveall")


def app(environ, start_response):
    if environ["PATH_INFO"] == "/metrics":
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        body = generate_latest(registry)
    else:
        SERVED.inc()
        SEEN.set(1)
        body = b""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
