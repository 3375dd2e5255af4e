# SPDX-License-Identifier: MIT
"""Apps for test_app.c: each shows one way to answer, or one way to get it wrong."""

import io
import os
import sys
import tempfile
import threading

log = []

OK = "200 OK"
TEXT = [("Content-Type", "text/plain")]


def hello(environ, start_response):
    start_response(OK, TEXT)
    return [b"Hello"]


def empty_list(environ, start_response):
    start_response(OK, TEXT)
    return []


def several(environ, start_response):
    start_response(OK, TEXT)
    return (b"one ", b"", b"two")


def large(environ, start_response):
    start_response(OK, TEXT)
    return [b"x" * 100000, b"y" * 100000]


def generator(environ, start_response):
    start_response(OK, TEXT)
    yield b""
    yield b"one "
    yield b"two"


def with_length(environ, start_response):
    start_response(OK, TEXT + [("Content-Length", "7")])
    yield b"one "
    yield b"two"


def by_write(environ, start_response):
    write = start_response(OK, TEXT)
    write(b"one ")
    write(b"")
    write(b"two ")
    return [b"three"]


class Closing:
    def __init__(self, chunks, on_close=None):
        self.chunks = iter(chunks)
        self.on_close = on_close

    def __iter__(self):
        return self

    def __next__(self):
        chunk = next(self.chunks)
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    def close(self):
        log.append("close")
        if self.on_close is not None:
            raise self.on_close


def closing(environ, start_response):
    start_response(OK, TEXT)
    return Closing([b"a", b"b"])


def closing_after_error(environ, start_response):
    start_response(OK, TEXT)
    return Closing([b"a", ValueError("mid-way")])


def closing_before_first(environ, start_response):
    start_response(OK, TEXT)
    return Closing([ValueError("at once")])


def close_raises(environ, start_response):
    start_response(OK, TEXT)
    return Closing([b"a"], ValueError("in close"))


def both_raise(environ, start_response):
    start_response(OK, TEXT)
    return Closing([ValueError("first")], KeyError("second"))


def endless(environ, start_response):
    start_response(OK, TEXT)

    def forever():
        while True:
            yield b"z" * 1000

    return Closing(forever())


def endless_write(environ, start_response):
    write = start_response(OK, TEXT)
    try:
        while True:
            write(b"z" * 1000)
    except BrokenPipeError:
        log.append("broken pipe")
        raise


def raises(environ, start_response):
    raise ValueError("before anything")


def raises_os_error(environ, start_response):
    open("/nonexistent/file")


def raises_exit(environ, start_response):
    sys.exit(3)


def raises_keyboard(environ, start_response):
    raise KeyboardInterrupt


def never_started(environ, start_response):
    return [b"body"]


def never_started_generator(environ, start_response):
    yield b"body"


def never_started_empty(environ, start_response):
    return iter(())


def returns_none(environ, start_response):
    start_response(OK, TEXT)


def returns_str(environ, start_response):
    start_response(OK, TEXT)
    return ["text"]


def yields_str(environ, start_response):
    start_response(OK, TEXT)
    yield "text"


def yields_str_later(environ, start_response):
    start_response(OK, TEXT)
    yield b"bytes"
    yield "text"


def returns_bytes(environ, start_response):
    start_response(OK, TEXT)
    return b"abc"


def started_twice(environ, start_response):
    start_response(OK, TEXT)
    start_response(OK, TEXT)
    return [b""]


def replaced(environ, start_response):
    start_response(OK, [("X-First", "1")])
    try:
        raise ValueError("replaced")
    except ValueError:
        start_response("503 Later", [("X-Second", "2")], sys.exc_info())
    return [b"sorry"]


def replaced_too_late(environ, start_response):
    write = start_response(OK, TEXT)
    write(b"begun")
    try:
        raise ValueError("too late")
    except ValueError:
        start_response("503 Later", [], exc_info=sys.exc_info())
    return [b"never"]


def keywords(environ, start_response):
    start_response(status="200 OK", headers=[("X-K", "1")], exc_info=None)
    return [b"k"]


def caught_and_forgotten(environ, start_response):
    try:
        start_response(OK, [("X-Good", "1"), ("X-Bad", "a\nb")])
    except ValueError:
        log.append("caught")
    return [b"body"]


def caught_and_tried_again(environ, start_response):
    try:
        start_response(OK, [("X-Good", "1"), ("X-Bad", "a\nb")])
    except ValueError:
        start_response("201 Created", [("X-Second", "1")])
    return [b"body"]


def hop_by_hop(environ, start_response):
    start_response(OK, [("Connection", "close"), ("Transfer-Encoding", "chunked"), ("X-Kept", "1")])
    return [b"body"]


def started_by_its_headers(environ, start_response):
    def headers():
        start_response("201 Created", [("X-Inner", "1")])
        yield ("X-Outer", "1")

    try:
        start_response(OK, headers())
    except AssertionError:
        log.append("refused")
    return [b"inner"]


def sent_by_its_headers(environ, start_response):
    """The head has left when the headers that should replace it are known."""

    def headers():
        start_response(OK, TEXT)(b"written")
        yield ("X-Outer", "1")

    try:
        raise ValueError("too late")
    except ValueError:
        start_response("500 Sorry", headers(), sys.exc_info())
    return [b"never"]


def raised_by_its_headers(environ, start_response):
    def headers():
        yield ("X-Inner", "1")
        raise TypeError("of the app")

    start_response(OK, headers())
    return [b"never"]


def lists_its_headers_too_long(environ, start_response):
    """Two threads give headers that come when the request is over; tells what became of it the next time."""
    if outliving:
        outliving["over"].set()
        for thread in outliving["threads"]:
            thread.join()
        start_response(OK, TEXT)
        return [", ".join(sorted(outliving.pop("errors"))).encode()]
    begun = threading.Barrier(3)
    outliving.update(over=threading.Event(), errors=[])

    def headers():
        begun.wait()
        outliving["over"].wait()
        yield ("X-Late", "1")

    def use(function, *args):
        try:
            function(*args, headers())
        except RuntimeError as exc:
            outliving["errors"].append(str(exc))

    uses = (start_response, OK), (environ["wsgi.early_hints"],)
    outliving["threads"] = [threading.Thread(target=use, args=args) for args in uses]
    for thread in outliving["threads"]:
        thread.start()
    begun.wait()
    start_response(OK, TEXT)
    return [b"over"]


outliving = {}


def other_hop_by_hop(environ, start_response):
    start_response(OK, [("Keep-Alive", "timeout=9"), ("Proxy-Connection", "close"), ("Keep-Alive", "x")])
    return [b"body"]


def started_with(environ, start_response):
    """QUERY_STRING is the argument list of start_response."""
    start_response(*eval(environ["QUERY_STRING"].replace("%20", " ")))
    return [b"body"]


def kept(environ, start_response):
    """What was kept of an earlier request raises; this request's own works."""
    errors = []
    for name, use in [
        ("start_response", lambda f: f(OK, [])),
        ("write", lambda f: f(b"x")),
        ("input", lambda f: f.read()),
        ("hints", lambda f: f([])),
    ]:
        if name in old:
            try:
                use(old[name])
            except (RuntimeError, ValueError) as exc:
                errors.append(type(exc).__name__)
    old["start_response"] = start_response
    old["input"] = environ["wsgi.input"]
    old["hints"] = environ["wsgi.early_hints"]
    old["write"] = start_response(OK, TEXT)
    return [" ".join(errors).encode()]


old = {}


class Late:
    """Writes when the response has ended: in close(), or when the environ is dropped."""

    def __init__(self, write):
        self.write = write

    def __iter__(self):
        return iter([b"body"])

    def close(self):
        late_errors.append("close: not refused")
        try:
            self.write(b"more")
        except RuntimeError:
            late_errors[-1] = "close: refused"

    def __del__(self):
        late_errors.append("del: not refused")
        try:
            self.write(b"more")
        except RuntimeError:
            late_errors[-1] = "del: refused"


late_errors = []


def writes_when_it_has_ended(environ, start_response):
    environ["late"] = Late(start_response(OK, TEXT))
    return environ["late"]


def fails_and_writes(environ, start_response):
    environ["late"] = Late(start_response(OK, TEXT))
    raise ValueError("boom")


def tells_late_errors(environ, start_response):
    start_response(OK, TEXT)
    errors = ", ".join(late_errors)
    late_errors.clear()
    return [errors.encode()]


def hints(environ, start_response):
    environ["wsgi.early_hints"]([("Link", "</a.css>"), (b"X-B", b"1")])
    start_response(OK, TEXT)
    return [b"body"]


def hints_of_a_generator(environ, start_response):
    environ["wsgi.early_hints"](pair for pair in [["Link", "</a.css>"], (b"X-B", b"1")])
    start_response(OK, TEXT)
    return [b"body"]


def bad_hints(environ, start_response):
    environ["wsgi.early_hints"]([("Link", "a\r\nb")])
    start_response(OK, TEXT)
    return [b"body"]


def to_errors(environ, start_response):
    print("one", "two", file=environ["wsgi.errors"])
    environ["wsgi.errors"].writelines(["three\n", "fo"])
    environ["wsgi.errors"].write("ur")
    start_response(OK, TEXT)
    return [b"body"]


def temporary(text):
    file = tempfile.TemporaryFile()
    file.write(text)
    file.seek(0)
    return file


def file_whole(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](temporary(b"0123456789"))


def file_rest(environ, start_response):
    start_response(OK, TEXT)
    file = temporary(b"0123456789")
    file.read(4)
    return environ["wsgi.file_wrapper"](file, 3)


def file_part(environ, start_response):
    start_response(OK, TEXT + [("Content-Length", "3")])
    return environ["wsgi.file_wrapper"](temporary(b"0123456789"))


def file_named(environ, start_response):
    start_response(OK, TEXT)
    file = tempfile.NamedTemporaryFile()
    file.write(b"named")
    file.seek(0)
    return environ["wsgi.file_wrapper"](file)


def file_in_memory(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](io.BytesIO(b"0123456789"), 4)


def file_packed(environ, start_response):
    import gzip

    packed = tempfile.NamedTemporaryFile()
    with gzip.open(packed.name, "wb") as file:
        file.write(b"unpacked")
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](gzip.open(packed.name))


class Proxy:
    """As Django's File: its methods are those of the file that it stands for."""

    read = property(lambda self: self.file.read)

    def __init__(self, file):
        self.file = file


def file_by_proxy(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](Proxy(Proxy(temporary(b"0123456789"))))


def file_named_by_proxy(environ, start_response):
    start_response(OK, TEXT)
    file = tempfile.NamedTemporaryFile()
    file.write(b"named")
    file.seek(0)
    return environ["wsgi.file_wrapper"](Proxy(file))


class Decrypting:
    """What it reads is not what is in the file that it has."""

    def __init__(self, file):
        self.file = file

    def read(self, size=-1):
        return self.file.read(size).replace(b"secret", b"public")


def file_decrypted(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](Decrypting(temporary(b"secret")))


def file_with_another_read(environ, start_response):
    start_response(OK, TEXT)
    file = temporary(b"secret")
    file.read = Decrypting(open(os.dup(file.fileno()), "rb")).read
    return environ["wsgi.file_wrapper"](file)


def file_with_a_wrapped_read(environ, start_response):
    import functools

    start_response(OK, TEXT)
    file = temporary(b"secret")
    other = Decrypting(file)
    other.read = functools.wraps(file.read)(lambda size, read=other.read: read(size))
    return environ["wsgi.file_wrapper"](other)


def file_of_the_kernel(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](open("/proc/sys/kernel/ostype", "rb"))


def file_empty(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](temporary(b""))


class Endless:
    def __init__(self):
        self.reads = 0

    def read(self, size):
        self.reads += 1
        if self.reads > 3:
            raise AssertionError("read on and on")
        return b"z" * size


def file_endless(environ, start_response):
    start_response(OK, TEXT + [("Content-Length", "70000")])
    return environ["wsgi.file_wrapper"](Endless())


def file_endless_in_parts(environ, start_response):
    start_response(OK, TEXT + [("Content-Length", "5")])
    file = Endless()
    file.read = lambda size, read=file.read: read(3)
    return environ["wsgi.file_wrapper"](file)


def file_endless_without_length(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](Endless())


def file_unstarted(environ, start_response):
    return environ["wsgi.file_wrapper"](temporary(b"0123456789"))


def file_of_text(environ, start_response):
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](io.StringIO("text"))


def file_closes(environ, start_response):
    class File(io.BytesIO):
        def close(self):
            log.append("close")
            super().close()

    file = File(b"abc")
    old["file"] = file  # so that only the server can have closed it
    start_response(OK, TEXT)
    return environ["wsgi.file_wrapper"](file)


def file_iterated(environ, start_response):
    start_response(OK, TEXT)
    return list(environ["wsgi.file_wrapper"](io.BytesIO(b"0123456789"), 4))


def file_by_index(environ, start_response):
    """The protocol of iteration that PEP 333 had for a file_wrapper."""
    wrapper = environ["wsgi.file_wrapper"](io.BytesIO(b"0123456789"), 4)
    blocks = [wrapper[0], wrapper[1], wrapper[0]]
    try:
        wrapper[0]
    except IndexError:
        blocks.append(b"end")
    start_response(OK, TEXT)
    return blocks


def forks(environ, start_response):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    start_response(OK, TEXT)
    return [b"forked"]


def logged(environ, start_response):
    """What the apps before have noted; forgets it."""
    start_response(OK, TEXT)
    text = ",".join(log).encode()
    log.clear()
    return [text]


def objects(environ, start_response):
    import gc

    gc.collect()
    start_response(OK, TEXT)
    return [str(len(gc.get_objects())).encode()]


APPS = {name: value for name, value in globals().items() if callable(value)}


def application(environ, start_response):
    return APPS[environ["PATH_INFO"].lstrip("/")](environ, start_response)
