# SPDX-License-Identifier: MIT
"""The smallest WSGI app.

    build/gcorn --chdir examples/hello app:app
"""


def app(environ, start_response):
    body = b"Hello, World!\n"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
