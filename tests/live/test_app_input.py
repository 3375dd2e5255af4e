# SPDX-License-Identifier: MIT
"""What an app is given: the environ and the body."""
import json
import os

import pytest

from harness.process import descriptors, wait_until
from harness.wire import chunked


@pytest.fixture(scope="module")
def server(shared_gcorn):
    return shared_gcorn("probe:app")


def environ(server, target="/environ", fields=(), body=b"", method="GET"):
    return json.loads(server.request(method, target, fields, body).body)


def test_the_request_line_is_taken_apart(server):
    found = environ(server, "/environ/%C3%A4%2F%20;x?a=%20b&c", method="OPTIONS")
    assert found["REQUEST_METHOD"] == "OPTIONS"
    assert found["PATH_INFO"] == "/environ/\u00c3\u00a4/ ;x"
    assert found["QUERY_STRING"] == "a=%20b&c"
    assert found["RAW_URI"] == "/environ/%C3%A4%2F%20;x?a=%20b&c"
    assert found["SCRIPT_NAME"] == ""
    assert found["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_fields_become_keys(server):
    found = environ(server, fields=[("X-One", "1"), ("X-Two", "caf\xe9"), ("X-One", "2"), ("Accept", "a/b"),
                                    ("Content-Type", "text/x"), ("X-Empty", "")])
    assert found["HTTP_X_ONE"] == "1,2"
    assert found["HTTP_X_TWO"] == "caf\xe9"
    assert found["HTTP_X_EMPTY"] == ""
    assert found["CONTENT_TYPE"] == "text/x"
    assert found["HTTP_HOST"] == "example.test"
    assert "HTTP_CONTENT_TYPE" not in found and "CONTENT_LENGTH" not in found


def test_repeated_fields_are_joined_even_if_they_say_the_same(server):
    """Who counts the hops of X-Forwarded-For must not miss one."""
    for value in ("", "1", "10.0.0.1"):
        found = environ(server, fields=[("X-Same", value)] * 3)
        assert found["HTTP_X_SAME"] == f"{value},{value},{value}"


def test_many_fields_of_one_name_cost_no_more_than_their_sum(gcorn):
    """Joined one to the other these would be 450 GB to copy, and the worker would be killed over it."""
    server = gcorn("probe:app", "--limit-request-fields", "32768")
    assert server.get("/hello", [("X-Many", "x" * 1000)] * 30_000).status == 200


def test_the_length_of_a_body_becomes_a_key(server):
    assert environ(server, body=b"12345", method="POST")["CONTENT_LENGTH"] == "5"


def test_addresses_become_keys(server):
    with server.connect() as connection:
        found = json.loads(connection.get("/environ").body)
        host, port = connection.socket.getsockname()
    assert (found["REMOTE_ADDR"], found["REMOTE_PORT"]) == (host, str(port))
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == (host, str(server.address[1]))


def test_a_unix_socket_has_no_peer_address(gcorn, socket_folder):
    server = gcorn("probe:app", bind=f"{socket_folder}/s")
    found = environ(server, fields=[("Host", "h.test:81")])
    assert (found["REMOTE_ADDR"], found["SERVER_NAME"], found["SERVER_PORT"]) == ("", "h.test", "81")


def test_wsgi_keys_say_what_the_server_is(server, gcorn):
    found = environ(server)
    assert found["wsgi.version"] == [1, 0]
    assert found["wsgi.url_scheme"] == "http"
    assert found["wsgi.input_terminated"] is True
    assert (found["wsgi.multithread"], found["wsgi.multiprocess"], found["wsgi.run_once"]) == (
        False, False, False)
    assert {"read", "readline", "readlines", "__iter__"} <= set(found["wsgi.input"])
    assert {"write", "writelines", "flush"} <= set(found["wsgi.errors"])
    assert environ(gcorn("probe:app", "-w", "2"))["wsgi.multiprocess"] is True


def test_values_are_native_strings(server):
    types = json.loads(server.get("/types", [("X-Latin", "\xe9")]).body)
    assert types["environ"] == "dict"
    assert {type for key, type in types["keys"].items() if "." not in key} == {"str"}


def test_one_request_sees_nothing_of_another(server):
    """The heads are alike and come over one connection: what is reused must not show."""
    with server.connect() as connection:
        first = json.loads(connection.get("/environ", [("X-Secret", "1")]).body)
        second = json.loads(connection.get("/environ").body)
        third = json.loads(connection.get("/environ", [("X-Secret", "2")]).body)
    assert "HTTP_X_SECRET" not in second
    assert (first["HTTP_X_SECRET"], third["HTTP_X_SECRET"]) == ("1", "2")
    assert set(first) - set(second) == {"HTTP_X_SECRET"}


# Bodies.

BODIES = [b"", b"x", os.urandom(1000), os.urandom(70_000), os.urandom(3_000_000)]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(len(body)))
def test_a_body_arrives(server, body):
    assert server.request("POST", "/echo", [("Content-Length", str(len(body)))], body).body == body


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(len(body)))
def test_a_chunked_body_arrives(server, body):
    pieces = [body[at:at + 10_007] for at in range(0, len(body), 10_007)]
    answer = server.request("POST", "/echo", [("Transfer-Encoding", "chunked")], chunked(*pieces))
    assert answer.body == body


def test_a_body_in_many_small_segments_arrives(server):
    with server.connect() as connection:
        connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        for index in range(100):
            connection.send(b"%d" % (index % 10))
        assert connection.response().body == b"0123456789" * 10


def test_a_body_is_read_in_pieces_and_ends(server):
    found = json.loads(server.request("POST", "/read-pieces", body=b"0123456789abcdef").body)
    assert found["pieces"] == ["0123456", "789abcd", "ef"]
    assert found["rest"] == ["b''", "b''", "b''", "[]"]


@pytest.mark.parametrize("how, expect", [
    ("readline", ["one\n", "\n", "three"]), ("readline4", ["one\n", "\n", "thre", "e"]),
    ("readlines", ["one\n", "\n", "three"]), ("iteration", ["one\n", "\n", "three"])])
def test_lines_are_read(server, how, expect):
    assert json.loads(server.request("POST", f"/read-lines?by={how}", body=b"one\n\nthree").body) == expect


def test_long_lines_in_a_large_body_are_read(server):
    body = b"".join(b"%d" % index * 1000 + b"\n" for index in range(700))
    lines = json.loads(server.request("POST", "/read-lines?by=readline", body=body).body)
    assert "".join(lines).encode() == body and len(lines) == 700


def test_an_app_need_not_read_its_body(server):
    with server.connect() as connection:
        for size in (10, 100_000):
            connection.request("POST", "/ignore-body", body=b"x" * size)
            assert connection.response().body == b"not read"
        assert connection.get("/hello").body == b"Hello, World!"


def test_the_app_is_called_only_when_the_body_is_there(server):
    before = json.loads(server.get("/stats").body)["calls"].get("echo", 0)
    with server.connect() as connection:
        connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        assert json.loads(server.get("/stats").body)["calls"].get("echo", 0) == before
        connection.send(b"cd")
        assert connection.response().body == b"abcd"


def test_a_large_body_leaves_no_file(server):
    worker = server.workers[0]
    server.request("POST", "/echo", body=b"x" * 5_000_000)
    before = descriptors(worker)
    for _ in range(20):
        server.request("POST", "/echo", body=b"x" * 5_000_000)
    # A connection or two may linger.
    wait_until(lambda: descriptors(worker) <= before, f"no more than {before} descriptors")
