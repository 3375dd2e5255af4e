# SPDX-License-Identifier: MIT
"""The smallest apps that say something: what is measured with them is the server."""
import os

HELLO = b"Hello, World!"
LARGE = b"x" * 100_000
HUGE = b"x" * 8_000_000
FILE = os.environ.get("BENCH_FILE")


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [HELLO]


def post(environ, start_response):
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [HELLO]


def large(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100000")])
    return [LARGE]


def file(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream"),
                              ("Content-Length", str(os.path.getsize(FILE)))])
    opened = open(FILE, "rb")
    wrapper = environ.get("wsgi.file_wrapper")
    return wrapper(opened, 65536) if wrapper else iter(lambda: opened.read(65536), b"")


def mixed(environ, start_response):
    """Hello, and at /huge more than any kernel takes for a client that does not read."""
    if environ["PATH_INFO"] != "/huge":
        return hello(environ, start_response)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(HUGE)))])
    return [HUGE]
