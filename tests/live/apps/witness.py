# SPDX-License-Identifier: MIT
"""A WSGI app behind a proxy that marks each request it passes on with X-Via: it remembers the requests that
have no mark, which came out of another one's bytes, and tells each client what it asked for."""
import json

strangers = []
seen = 0


def app(environ, start_response):
    global seen
    environ["wsgi.input"].read()
    if environ["RAW_URI"] == "/witness":
        told = {"seen": seen, "strangers": strangers}
    else:
        seen += 1
        if environ.get("HTTP_X_VIA") != "the-proxy":
            strangers.append(f"{environ['REQUEST_METHOD']} {environ['RAW_URI']}")
        told = {"target": environ["RAW_URI"]}
    text = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]
