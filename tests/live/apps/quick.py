# SPDX-License-Identifier: MIT
"""Calls that take a fifth of a millisecond, and one that takes until it is ended."""
import time


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    if environ["PATH_INFO"] == "/hang":
        time.sleep(3600)
    until = time.perf_counter() + 0.0002
    while time.perf_counter() < until:
        pass
    return iter([b"ok"])
