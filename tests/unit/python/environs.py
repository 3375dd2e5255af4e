# SPDX-License-Identifier: MIT
"""Apps for test_environ.c, test_input.c and test_runtime.c."""

from urllib.parse import unquote_plus

scratch = {}


def dump(environ):
    """A line "KEY: value" for each key, sorted."""
    return "".join(f"{key}: {environ[key]!r}\n" for key in sorted(environ))


def spoil(environ):
    """Change whatever can be changed."""
    for key in list(environ):
        environ[key] = "spoilt"
    environ["NEW"] = "spoilt"
    return "spoilt"


def evaluate(environ):
    """The Python expression in QUERY_STRING; `i` is wsgi.input."""
    names = {"environ": environ, "i": environ["wsgi.input"], "scratch": scratch}
    return repr(eval(unquote_plus(environ["QUERY_STRING"]), names))


def application(environ, start_response):
    path = environ["PATH_INFO"].strip("/").split("/")[-1]
    kind = path if path in ("spoil", "evaluate") else "dump"
    body = {"dump": dump, "spoil": spoil, "evaluate": evaluate}[kind](environ).encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain; charset=latin-1")])
    return [body]
