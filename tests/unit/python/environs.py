# SPDX-License-Identifier: MIT
"""Apps for test_environ.c, test_input.c and test_runtime.c."""

import gc
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


OBJECTS = ("wsgi.input", "wsgi.early_hints", "gunicorn.socket")


def outcome(use):
    """The name of the exception that `use` ends with, or "good"."""
    try:
        use()
    except Exception as error:
        return type(error).__name__
    return "good"


def keep(environ):
    """What this request's input does, and the objects of the environ that the last call has kept."""
    uses = [environ["wsgi.input"].read]
    before = scratch.get("environ")
    if before is not None:
        uses += [before["wsgi.input"].read, lambda: before["wsgi.early_hints"]([]),
                 lambda: before["gunicorn.socket"].family]
    shared = [key for key in OBJECTS if before is not None and before[key] is environ[key]]
    scratch["environ"] = environ
    return " ".join([*map(outcome, uses), *shared])


def evaluate(environ):
    """The Python expression in QUERY_STRING; `i` is wsgi.input."""
    names = {"environ": environ, "i": environ["wsgi.input"], "scratch": scratch}
    return repr(eval(unquote_plus(environ["QUERY_STRING"]), names))


def meddle(environ):
    """Change each environ of a request to /a, which is over; how many there were."""
    idle = [found for found in gc.get_objects()
            if type(found) is dict and found.get("PATH_INFO") == "/a" and found.get("REMOTE_PORT")]
    for found in idle:
        found["HTTP_HOST"] = "meddled"
    return str(len(idle))


def application(environ, start_response):
    path = environ["PATH_INFO"].strip("/").split("/")[-1]
    kinds = {"spoil": spoil, "evaluate": evaluate, "keep": keep, "meddle": meddle}
    body = kinds.get(path, dump)(environ).encode("latin-1")
    headers = [("Content-Type", "text/plain; charset=latin-1"), *scratch.pop("headers", [])]
    start_response("200 OK", headers)
    return [body]
