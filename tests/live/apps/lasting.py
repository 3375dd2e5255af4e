# SPDX-License-Identifier: MIT
"""An app that uses what it was given when all is over: in an atexit function, and in a finaliser after that."""
import atexit
import io

KEPT = {}


class File(io.BytesIO):
    def close(self):
        KEPT["errors"].write("the file was closed\n")
        super().close()


class Finaliser:
    def __init__(self, wrapper, errors):
        self.wrapper = wrapper
        self.errors = errors

    def __del__(self):
        self.errors.write("the finaliser runs\n")
        self.wrapper.close()


@atexit.register
def at_exit():
    KEPT["wrapper"].close()
    try:
        KEPT["start_response"]("200 OK", [])
    except RuntimeError:
        KEPT["errors"].write("refused\n")


def app(environ, start_response):
    KEPT.update(
        wrapper=environ["wsgi.file_wrapper"](File(b"bytes")), errors=environ["wsgi.errors"],
        start_response=start_response)
    cycle = [Finaliser(environ["wsgi.file_wrapper"](io.BytesIO()), environ["wsgi.errors"])]
    cycle.append(cycle)
    KEPT["cycle"] = cycle
    start_response("200 OK", [])
    return [b"kept"]
