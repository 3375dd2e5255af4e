# SPDX-License-Identifier: MIT
"""A WSGI app whose paths do one thing each: what an app may do, and what it must not.

`app` answers a path with the function that its first segment names; `calls` counts how often each was called.
"""
import collections
import gc
import io
import json
import os
import sys
import tempfile
import threading
import time
from urllib.parse import parse_qs

calls = collections.Counter()
closed = collections.Counter()
routes = {}

FILE_SIZE = 300_000
FILE = tempfile.TemporaryFile()
FILE.write(bytes(number % 251 for number in range(FILE_SIZE)))
FILE.flush()


def route(function):
    routes["/" + function.__name__.replace("_", "-")] = function
    return function


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path in ("", "/", "*"):
        path = "/environ"
    function = routes.get("/" + path.lstrip("/").split("/")[0], missing)
    calls[function.__name__] += 1
    return function(environ, start_response)


def plain(start_response, body, status="200 OK", *fields):
    if isinstance(body, str):
        body = body.encode()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), *fields])
    return [body]


def as_json(start_response, value):
    body = json.dumps(value, sort_keys=True).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def number(environ):
    """The number that the path ends with."""
    return int(environ["PATH_INFO"].rsplit("/", 1)[1])


class Chunks:
    """An iterable that counts how often it is closed."""

    def __init__(self, name, chunks):
        self.name = name
        self.chunks = iter(chunks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        closed[self.name] += 1


def missing(environ, start_response):
    return plain(start_response, "no such path\n", "404 Not Found")


@route
def hello(environ, start_response):
    return plain(start_response, "Hello, World!")


@route
def stats(environ, start_response):
    gc.collect()
    return as_json(start_response, {
        "calls": calls, "closed": closed, "objects": len(gc.get_objects()), "pid": os.getpid(),
        "threads": threading.active_count()})


# What arrives.

@route
def environ(environ, start_response):
    """Every key: plain values as they are, objects as the names of what they can do."""
    def shown(value):
        if isinstance(value, (str, bool, int, type(None))):
            return value
        if isinstance(value, tuple):
            return list(value)
        return sorted(name for name in ("read", "readline", "readlines", "write", "writelines", "flush",
                                        "__iter__", "__call__", "recv") if hasattr(value, name))
    return as_json(start_response, {key: shown(value) for key, value in environ.items()})


@route
def types(environ, start_response):
    """The exact type of the environ and of every value that is plain."""
    found = {key: type(value).__name__ for key, value in environ.items() if type(value) in (str, bool, int, tuple, bytes)}
    return as_json(start_response, {"environ": type(environ).__name__, "keys": found})


@route
def echo(environ, start_response):
    return plain(start_response, environ["wsgi.input"].read())


@route
def ignore_body(environ, start_response):
    return plain(start_response, "not read")


@route
def read_pieces(environ, start_response):
    """The body by read(7), with what comes after its end."""
    stream = environ["wsgi.input"]
    pieces = list(iter(lambda: stream.read(7), b""))
    rest = [stream.read(), stream.read(5), stream.readline(), stream.readlines()]
    return as_json(start_response, {
        "pieces": [piece.decode("latin-1") for piece in pieces],
        "rest": [repr(value) for value in rest]})


@route
def read_lines(environ, start_response):
    """The body's lines by every means that there is; the query names the one."""
    stream = environ["wsgi.input"]
    how = parse_qs(environ["QUERY_STRING"])["by"][0]
    lines = {
        "readline": lambda: list(iter(stream.readline, b"")),
        "readline4": lambda: list(iter(lambda: stream.readline(4), b"")),
        "readlines": stream.readlines,
        "readlines1": lambda: stream.readlines(1),
        "keywords": lambda: [stream.read(size=2), stream.readline(size=1), *stream.readlines(size=1)],
        "readlines-text": lambda: stream.readlines("a"),
        "iteration": lambda: list(stream),
    }[how]()
    return as_json(start_response, [line.decode("latin-1") for line in lines])


# What is answered: whole, in pieces, of known and of unknown length.

@route
def no_length(environ, start_response):
    """One part, whose length is known although the app did not say it."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, World!"]


@route
def two_parts(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, ", b"World!"]


@route
def generator(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    for word in (b"Hello", b"", b", ", b"World", b"!"):
        yield word


@route
def late_start(environ, start_response):
    """start_response is called at the first iteration only."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"late"


@route
def empty(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return []


@route
def bytes_of(environ, start_response):
    """As many bytes as the path says, with their length."""
    return plain(start_response, b"x" * number(environ))


@route
def stream_of(environ, start_response):
    """As many KiB as the path says, each a part, without their length."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return Chunks("stream_of", (b"%1024d" % index for index in range(number(environ))))


@route
def slow_stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    for index in range(3):
        yield b"part %d\n" % index
        time.sleep(0.2)


@route
def write(environ, start_response):
    """The write callable, then an iterable."""
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written, ")
    write(b"")
    write(b"twice, ")
    return [b"returned"]


@route
def status(environ, start_response):
    """The status that the path says, with a body although some may have none."""
    start_response("%d Chosen" % number(environ), [("Content-Type", "text/plain")])
    return [b"body"]


@route
def closes(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Chunks("closes", [b"a", b"b"])


@route
def fields(environ, start_response):
    """Fields of every legal kind, some of them repeated."""
    return plain(start_response, "fields", "200 Fine thanks", ("X-Empty", ""), ("X-Latin", "caf\xe9"),
                 ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("x-lower", "tab\there"), ("X-Edges", "  in  "))


@route
def own_fields(environ, start_response):
    """Fields that the server sends itself."""
    return plain(start_response, "own", "200 OK", ("Server", "mine"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"))


@route
def hop_fields(environ, start_response):
    """Fields that PEP 3333 forbids an app to send."""
    return plain(start_response, "hop", "200 OK", ("Connection", "close"), ("Keep-Alive", "timeout=99"))


@route
def file(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    FILE.seek(0)
    return environ["wsgi.file_wrapper"](open(os.dup(FILE.fileno()), "rb"), 8192)


@route
def file_offset(environ, start_response):
    """The file from the position that the path says."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    copy = open(f"/proc/self/fd/{FILE.fileno()}", "rb")
    copy.seek(number(environ))
    return environ["wsgi.file_wrapper"](copy)


@route
def file_part(environ, start_response):
    """Fewer bytes than the file has, as Content-Length says."""
    length = str(number(environ))
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", length)])
    return environ["wsgi.file_wrapper"](open(f"/proc/self/fd/{FILE.fileno()}", "rb"))


@route
def file_like(environ, start_response):
    """file_wrapper around what is no file; the object counts its close()."""
    class Counted(io.BytesIO):
        def close(self):
            closed["file_like"] += 1
            super().close()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return environ["wsgi.file_wrapper"](Counted(b"y" * 20_000), 4096)


@route
def hints(environ, start_response):
    environ["wsgi.early_hints"]([("Link", "</style.css>; rel=preload")])
    return plain(start_response, "hinted")


# What an app must not do, or what goes wrong in it.

@route
def raises(environ, start_response):
    raise ValueError("the app is broken")


@route
def raises_os_error(environ, start_response):
    raise FileNotFoundError("no such thing")


@route
def raises_at_once(environ, start_response):
    """After start_response, before the first part."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    raise ValueError("broken before the first part")
    yield b"never"


@route
def raises_later(environ, start_response):
    """After the first part, which has been sent or could have been."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"the first part"
    raise ValueError("broken after the first part")


@route
def raises_in_length(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100")])
    yield b"the first part"
    raise ValueError("broken inside the length")


@route
def raises_in_close(environ, start_response):
    class Broken(Chunks):
        def close(self):
            super().close()
            raise ValueError("close is broken")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return Broken("raises_in_close", [b"body"])


@route
def exits(environ, start_response):
    sys.exit(7)


@route
def exc_info(environ, start_response):
    """The second start_response replaces the first, as PEP 3333's error handlers do."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3"), ("X-First", "1")])
    try:
        raise ValueError("caught")
    except ValueError:
        start_response("500 Sorry", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"replaced"]


@route
def exc_info_late(environ, start_response):
    """The second start_response comes when the first part is out: it raises."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"the first part"
    try:
        raise ValueError("too late")
    except ValueError:
        start_response("500 Sorry", [("Content-Type", "text/plain")], sys.exc_info())
    yield b"never"


@route
def start_twice(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    start_response("201 Created", [("Content-Type", "text/plain")])
    return [b"twice"]


@route
def never_starts(environ, start_response):
    return [b"no start_response"]


@route
def returns_none(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])


@route
def yields_text(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["text"]


@route
def too_short(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "10")])
    return Chunks("too_short", [b"short"])


@route
def too_long(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return Chunks("too_long", [b"exact", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"])


OTHER_HEADERS = [
    lambda pairs: tuple(pairs),
    lambda pairs: dict(pairs).items(),
    lambda pairs: (pair for pair in pairs),
    lambda pairs: [list(pair) for pair in pairs],
    lambda pairs: map(iter, pairs),
]


@route
def other_headers(environ, start_response):
    """Headers that are no list of tuples."""
    start_response("200 OK", OTHER_HEADERS[number(environ)]([("X-A", "1"), ("X-B", "2")]))
    return [b"x"]


BAD_STARTS = [
    ("200 OK\r\nX-Evil: 1", []),
    ("200 OK\n", []),
    ("200 O\0K", []),
    ("OK", []),
    ("20 OK", []),
    ("", []),
    (b"200 OK", []),
    (200, []),
    ("200 OK", [("X-A", "b\r\nX-Evil: 1")]),
    ("200 OK", [("X-A", "b\nX-Evil: 1")]),
    ("200 OK", [("X-A", "b\rX-Evil: 1")]),
    ("200 OK", [("X-A", "b\0X-Evil: 1")]),
    ("200 OK", [("X-A\r\nX-Evil", "1")]),
    ("200 OK", [("X-A: 1\nX-Evil", "1")]),
    ("200 OK", [("X A", "1")]),
    ("200 OK", [("", "1")]),
    ("200 OK", [("X-A:", "1")]),
    ("200 OK", [("X-A", 1)]),
    ("200 OK", [(b"X-A", "1")]),
    ("200 OK", [("X-A", "\u20ac")]),
    ("200 OK", [("X-\u20ac", "1")]),
    ("200 OK", [("X-A",)]),
    ("200 OK", [("X-A", "1", "2")]),
    ("200 OK", ["X-A"]),
    ("200 OK", None),
    ("200 OK", [("Content-Length", "five")]),
    ("200 OK", [("Content-Length", "-1")]),
    ("200 OK", [("Content-Length", "1"), ("Content-Length", "2")]),
]


@route
def bad_start(environ, start_response):
    """start_response with what it has to refuse, chosen by the number in the path."""
    status, fields = BAD_STARTS[number(environ)]
    start_response(status, fields)
    return [b"x"]


# Time and processes.

@route
def sleep(environ, start_response):
    """Sleep for the milliseconds of the path; when it began and ended, on the clock of all processes."""
    begin = time.monotonic()
    time.sleep(number(environ) / 1000)
    return as_json(start_response, {"pid": os.getpid(), "begin": begin, "end": time.monotonic()})


@route
def crash(environ, start_response):
    os._exit(9)


ticks = 0


def tick():
    global ticks
    while True:
        time.sleep(0.01)
        ticks += 1


@route
def thread(environ, start_response):
    """Start, once, a thread that counts, and say how far it has come."""
    if "ticker" not in [thread.name for thread in threading.enumerate()]:
        threading.Thread(target=tick, name="ticker", daemon=True).start()
    return as_json(start_response, ticks)


def make_app(greeting="made", *, mark="!"):
    """A factory, for the app specifications that call one."""
    def made(environ, start_response):
        return plain(start_response, greeting + mark)
    return made


class nested:
    class app:
        def __new__(cls, environ, start_response):
            return plain(start_response, "nested")


not_callable = 42
