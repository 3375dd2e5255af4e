# SPDX-License-Identifier: MIT
"""What an app may answer, and what becomes of answers that it must not give."""
import json

import pytest

from apps.probe import BAD_STARTS, FILE_SIZE
from harness.process import descriptors, wait_until

FILE = bytes(number % 251 for number in range(FILE_SIZE))


@pytest.fixture(scope="module")
def server(shared_gcorn):
    return shared_gcorn("probe:app")


def stats(server):
    return json.loads(server.get("/stats").body)


def read_cut(server, path):
    """Head and body of a response that the server has to cut off; fails if it looks complete."""
    with server.connect() as connection:
        connection.request("GET", path)
        try:
            data = connection.read_all()
        except ConnectionResetError:
            data = connection.unread
    head, _, body = data.partition(b"\r\n\r\n")
    if b"chunked" in head:
        assert not body.endswith(b"0\r\n\r\n"), "the client cannot tell that the response is cut"
    assert data.count(b"HTTP/1.1 ") <= 1, "the connection went on after a broken response"
    return head, body


# Legal answers.

@pytest.mark.parametrize("path, framing", [
    ("/no-length", {"length"}), ("/two-parts", {"length", "chunked"}), ("/generator", {"chunked"}),
    ("/late-start", {"length", "chunked"})])
def test_a_body_is_framed(server, path, framing):
    answer = server.get(path)
    assert answer.framing in framing
    assert answer.body == (b"late" if path == "/late-start" else b"Hello, World!")


def test_an_empty_iterable_is_an_empty_body(server):
    answer = server.get("/empty")
    assert (answer.status, answer["Content-Length"], answer.body) == (200, "0", b"")


def test_http_1_0_gets_no_chunks(server):
    with server.connect() as connection:
        connection.request("GET", "/generator", version="1.0")
        answer = connection.response()
    assert (answer.framing, answer.body) == ("close", b"Hello, World!")


def test_write_comes_before_the_iterable(server):
    assert server.get("/write").body == b"written, twice, returned"


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 65536, 1_000_000, 20_000_000])
def test_a_body_of_any_size_arrives(server, size):
    assert server.get(f"/bytes-of/{size}").body == b"x" * size


def test_a_long_stream_arrives_in_order(server):
    assert server.get("/stream-of/5000").body == b"".join(b"%1024d" % index for index in range(5000))


def test_a_part_is_sent_when_it_is_yielded(server):
    with server.connect() as connection:
        connection.request("GET", "/slow-stream")
        while b"part 0" not in connection.unread:
            connection._fill()
        assert b"part 2" not in connection.unread
        assert connection.response().body == b"part 0\npart 1\npart 2\n"


@pytest.mark.parametrize("path, has_length", [("/hello", True), ("/generator", False), ("/file", True)])
def test_head_is_get_without_the_body(server, path, has_length):
    get = server.get(path)
    with server.connect() as connection:
        connection.request("HEAD", path)
        head = connection.response("HEAD")
        assert connection.get("/hello").body == b"Hello, World!"
    assert (head.status, head["Content-Type"]) == (get.status, get["Content-Type"])
    assert not has_length or head["Content-Length"] == get["Content-Length"]


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_body_sends_none(server, status):
    with server.connect() as connection:
        connection.request("GET", f"/status/{status}")
        answer = connection.response()
        assert (answer.status, answer.body) == (status, b"")
        assert connection.get("/hello").body == b"Hello, World!"


@pytest.mark.parametrize("status", [200, 201, 299, 400, 404, 418, 500, 503, 599])
def test_any_status_is_passed_on(server, status):
    answer = server.get(f"/status/{status}")
    assert (answer.status, answer.reason, answer.body) == (status, "Chosen", b"body")


def test_fields_arrive_in_order_and_unchanged(server):
    answer = server.get("/fields")
    own = [pair for pair in answer.fields if pair[0].startswith(("X-", "x-", "Set-"))]
    assert answer.reason == "Fine thanks"
    assert own == [("X-Empty", ""), ("X-Latin", "caf\xe9"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"),
                   ("x-lower", "tab\there"), ("X-Edges", "in")]


def test_the_server_says_its_own_fields_once(server):
    answer = server.get("/own-fields")
    assert answer["Server"] != "mine"
    assert answer["Date"].endswith(" GMT") and "1970" not in answer["Date"]


def test_hop_by_hop_fields_of_the_app_stay_behind(server):
    answer = server.get("/hop-fields")
    assert answer.status in (200, 500)
    assert "timeout=99" not in answer.all("Keep-Alive")
    assert len(answer.all("Connection")) == 1


def test_early_hints_precede_the_response(server):
    answer = server.get("/hints")
    assert [(hint.status, hint.fields) for hint in answer.interim] == [
        (103, [("Link", "</style.css>; rel=preload")])]
    assert answer.body == b"hinted"


def test_http_1_0_gets_no_early_hints(server):
    with server.connect() as connection:
        connection.request("GET", "/hints", version="1.0")
        answer = connection.response()
    assert (answer.interim, answer.body) == ([], b"hinted")


# Files.

def test_a_file_is_sent_whole(server):
    answer = server.get("/file")
    assert (answer["Content-Length"], answer.body) == (str(len(FILE)), FILE)


@pytest.mark.parametrize("offset", [1, 8192, FILE_SIZE - 1, FILE_SIZE])
def test_a_file_is_sent_from_its_position(server, offset):
    assert server.get(f"/file-offset/{offset}").body == FILE[offset:]


@pytest.mark.parametrize("length", [0, 1, 100_000])
def test_a_file_is_sent_as_far_as_its_content_length(server, length):
    answer = server.get(f"/file-part/{length}")
    assert (answer.framing, answer.body) == ("length", FILE[:length])


def test_what_is_no_file_is_read_in_blocks_and_closed(server):
    before = stats(server)["closed"].get("file_like", 0)
    assert server.get("/file-like").body == b"y" * 20_000
    assert stats(server)["closed"]["file_like"] == before + 1


def test_files_are_closed(server):
    worker = server.workers[0]
    server.get("/file")
    before = descriptors(worker)
    for _ in range(40):
        server.get("/file")
    # A connection or two may linger.
    wait_until(lambda: descriptors(worker) <= before, f"no more than {before} descriptors")


# close() exactly once, on every path.

@pytest.mark.parametrize("path, name", [
    ("/closes", "closes"), ("/stream-of/3", "stream_of"), ("/too-long", "too_long"),
    ("/raises-in-close", "raises_in_close")])
def test_close_is_called_once(server, path, name):
    before = stats(server)["closed"].get(name, 0)
    server.get(path)
    assert stats(server)["closed"][name] == before + 1


def test_close_is_called_when_the_client_is_gone(server):
    before = stats(server)["closed"].get("stream_of", 0)
    with server.connect() as connection:
        connection.request("GET", "/stream-of/100000")
        connection.socket.recv(1000)
        connection.reset()
    assert stats(server)["closed"]["stream_of"] == before + 1


def test_a_broken_close_does_not_spoil_the_response(server):
    assert server.get("/raises-in-close").body == b"body"
    server.wait_log("close is broken")


# Exceptions.

@pytest.mark.parametrize("path, trace", [
    ("/raises", "ValueError: the app is broken"), ("/raises-os-error", "FileNotFoundError: no such thing"),
    ("/raises-at-once", "broken before the first part"), ("/never-starts", ""), ("/start-twice", ""),
    ("/returns-none", "TypeError"), ("/exits", "")])
def test_an_error_before_the_head_is_a_500(server, path, trace):
    answer = server.get(path)
    assert (answer.status, answer["Connection"]) == (500, "close")
    assert "Traceback" not in answer.text, "the client is shown the app's code"
    server.wait_log(trace or "(?i)error", 5)
    assert server.get("/hello").status == 200


@pytest.mark.parametrize("path", ["/raises-later", "/raises-in-length", "/exc-info-late", "/too-short"])
def test_an_error_after_the_head_cuts_the_connection(server, path):
    head, body = read_cut(server, path)
    assert head.startswith(b"HTTP/1.1 200 ") and len(body) < 100
    assert server.get("/hello").status == 200


@pytest.mark.parametrize("path", ["/raises-later", "/raises-in-length"])
def test_an_error_after_the_head_leaves_the_answer_to_head_whole(server, path):
    with server.connect() as connection:
        connection.request("HEAD", path)
        assert connection.response("HEAD").status == 200
        assert connection.read_all() == b""  # a reset could have overtaken the head


def test_text_instead_of_bytes_is_an_error(server):
    head, body = read_cut(server, "/yields-text")
    assert head.startswith(b"HTTP/1.1 500 ") or b"text" not in body


def test_exc_info_replaces_what_was_not_sent(server):
    answer = server.get("/exc-info")
    assert (answer.status, answer.reason, answer.body) == (500, "Sorry", b"replaced")
    assert answer["X-First"] is None


def test_more_than_the_length_is_not_sent(server):
    with server.connect() as connection:
        connection.request("GET", "/too-long")
        assert connection.response().body == b"exact"
        if not connection.is_ended():
            raise AssertionError("bytes after the promised ones")


@pytest.mark.parametrize("index", range(len(BAD_STARTS)), ids=[repr(start) for start in BAD_STARTS])
def test_a_bad_start_never_reaches_the_wire(server, index):
    with server.connect() as connection:
        connection.request("GET", f"/bad-start/{index}", [("Connection", "close")])
        data = connection.read_all()
    assert data.startswith(b"HTTP/1.1 500 "), data
    assert b"X-Evil" not in data and data.count(b"\r\n\r\n") == 1


def test_what_an_app_keeps_can_be_used_to_the_end(gcorn):
    server = gcorn("lasting:app")
    assert server.get("/").body == b"kept"
    assert server.stop() == 0
    for text in "the file was closed", "refused", "the finaliser runs":
        assert text in server.log, server.log
