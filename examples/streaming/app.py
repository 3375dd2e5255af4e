# SPDX-License-Identifier: MIT
"""A response that is sent while it is made: server-sent events, one a second.

    build/gcorn --chdir examples/streaming -w 2 app:app
    curl -N http://127.0.0.1:8000/

Each part is sent when it is yielded. A worker is busy as long as its app is iterated, so an app that streams
for long wants threads or several workers.
"""
import time


def events(count, seconds):
    for number in range(count):
        yield f"data: event {number}\n\n".encode()
        time.sleep(seconds)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")])
    return events(5, 1)
