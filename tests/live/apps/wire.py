# SPDX-License-Identifier: MIT
"""A WSGI app that tells what it was given: the environ's texts and the body, as JSON."""
import json


def app(environ, start_response):
    body = environ["wsgi.input"].read()
    told = {key: value for key, value in environ.items() if isinstance(value, str)}
    told["body"] = body.decode("latin-1")
    text = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]
