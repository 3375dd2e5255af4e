# SPDX-License-Identifier: MIT
"""Connections: kept, pipelined, closed, broken off; interim responses; versions."""
import json
import resource
import socket
import time

import pytest

from harness.process import descriptors, wait_until
from harness.wire import Connection, request_bytes


@pytest.fixture(scope="module")
def server(shared_gcorn):
    return shared_gcorn("probe:app", "--keep-alive", "30")


def calls(server, name):
    return json.loads(server.get("/stats").body)["calls"].get(name, 0)


def test_a_connection_is_kept(server):
    with server.connect() as connection:
        for _ in range(100):
            answer = connection.get("/hello")
            assert (answer.body, answer["Connection"]) == (b"Hello, World!", "keep-alive")


def test_close_is_honoured(server):
    with server.connect() as connection:
        connection.request("GET", "/hello", [("Connection", "close")])
        assert connection.response()["Connection"] == "close"
        assert connection.is_ended()


def test_http_1_0_closes_unless_asked(server):
    with server.connect() as connection:
        connection.request("GET", "/hello", version="1.0")
        assert connection.response()["Connection"] == "close"
        assert connection.is_ended()
    with server.connect() as connection:
        for _ in range(3):
            connection.request("GET", "/hello", [("Connection", "keep-alive")], version="1.0")
            assert connection.response()["Connection"] == "keep-alive"


def test_a_connection_of_mixed_requests_stays_in_step(server):
    with server.connect() as connection:
        for index in range(30):
            connection.request("POST", "/echo", body=b"x" * index * 997)
            assert connection.response().body == b"x" * index * 997
            connection.request("HEAD", "/hello")
            assert connection.response("HEAD")["Content-Length"] == "13"
            connection.request("GET", "/generator")
            assert connection.response().body == b"Hello, World!"
            connection.request("POST", "/ignore-body", [("Transfer-Encoding", "chunked")], b"3\r\nabc\r\n0\r\n\r\n")
            assert connection.response().body == b"not read"


def test_pipelined_requests_are_answered_in_order(server):
    with server.connect() as connection:
        connection.send(b"".join(request_bytes("GET", f"/bytes-of/{size}") for size in range(300)))
        for size in range(300):
            assert connection.response().body == b"x" * size


def test_pipelined_bodies_are_told_apart(server):
    with server.connect() as connection:
        requests = [request_bytes("POST", "/echo", body=b"%d" % index * 1000) for index in range(50)]
        connection.send(b"".join(requests) + request_bytes("GET", "/hello", [("Connection", "close")]))
        for index in range(50):
            assert connection.response().body == b"%d" % index * 1000
        assert connection.response().body == b"Hello, World!"
        assert connection.is_ended()


def test_nothing_after_close_is_answered(server):
    before = calls(server, "empty")
    with server.connect() as connection:
        connection.send(request_bytes("GET", "/hello", [("Connection", "close")]) + request_bytes("GET", "/empty"))
        assert connection.response().body == b"Hello, World!"
        assert connection.is_ended()
    assert calls(server, "empty") == before


def test_a_request_may_come_byte_by_byte(server):
    with server.connect() as connection:
        for byte in request_bytes("POST", "/echo", body=b"body"):
            connection.send(bytes([byte]))
        assert connection.response().body == b"body"


def test_a_half_closed_client_is_answered(server):
    with server.connect() as connection:
        connection.request("POST", "/echo", body=b"body")
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.response().body == b"body"
        assert connection.is_ended()


def test_the_end_of_input_right_behind_a_request_ends_a_kept_connection(server):
    """The server is told of both at once, and of the second one only once."""
    for requests in (1, 2):
        with server.connect() as connection:
            assert connection.get("/hello").body == b"Hello, World!"
            connection.send(request_bytes("GET", "/hello") * requests)
            connection.socket.shutdown(socket.SHUT_WR)
            for _ in range(requests):
                assert connection.response()["Connection"] == "keep-alive"
            assert connection.is_ended()


def test_requests_longer_than_a_buffer_are_all_read(server):
    """A read that fills its buffer says nothing of what is left in the kernel."""
    request = request_bytes("GET", "/hello", [("X-Pad", "p" * 6000)])
    with server.connect() as connection:
        assert connection.get("/hello").body == b"Hello, World!"
        connection.send(request * 30)
        for _ in range(30):
            assert connection.response().body == b"Hello, World!"
        assert connection.get("/hello").body == b"Hello, World!"


def test_urgent_bytes_do_not_hide_what_follows(server):
    """A read stops before an urgent byte, which is not part of the stream."""
    request = request_bytes("GET", "/hello")
    with server.connect() as connection:
        assert connection.get("/hello").body == b"Hello, World!"
        connection.send(request[:10])
        connection.socket.send(b"!", socket.MSG_OOB)
        connection.send(request[10:])
        assert connection.response().body == b"Hello, World!"


def test_continue_is_sent_before_the_body(server):
    with server.connect() as connection:
        connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        interim = connection._head()
        assert (interim.status, interim.fields) == (100, [])
        connection.send(b"body")
        assert connection.response().body == b"body"


def test_continue_is_not_sent_to_http_1_0(server):
    with server.connect() as connection:
        connection.request("POST", "/echo", [("Expect", "100-continue")], b"body", version="1.0")
        answer = connection.response()
        assert (answer.interim, answer.body) == ([], b"body")


def test_without_descriptors_accepting_rests_and_that_is_said_once(gcorn):
    server = gcorn("probe:app")
    [worker] = server.wait_workers(1)
    assert server.get("/hello").status == 200
    _, hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (descriptors(worker) + 10, hard))
    inside = []
    while "cannot accept a connection" not in server.log:
        assert len(inside) < 100
        inside.append(server.connect())
        inside[-1].send(b"GET /hello HTTP/1.1\r\n")
        time.sleep(0.01)
    waiting = [inside.pop()] + [server.connect() for _ in range(5)]
    for client in waiting[1:]:
        client.send(b"GET /hello HTTP/1.1\r\n")
    for client in waiting:  # each that leaves makes room for one, and the next has to wait again
        inside.pop().close()
        client.send(b"Host: a\r\n\r\n")
        assert client.response().status == 200
    for client in inside + waiting:
        client.close()
    assert server.get("/hello").status == 200
    assert server.log.count("cannot accept a connection") == 1


def test_an_unknown_expectation_is_refused(server):
    assert server.request("GET", "/hello", [("Expect", "miracles")]).status == 417


def test_a_client_gone_before_its_body_costs_no_call(server):
    before = calls(server, "echo")
    for _ in range(5):
        with server.connect() as connection:
            connection.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
    with server.connect() as connection:
        connection.send(b"GET /echo HTT")
    assert calls(server, "echo") == before


WHOLE = [
    request_bytes("GET", "/bytes-of/3000000"), request_bytes("GET", "/stream-of/3000000"),
    request_bytes("GET", "/file"), request_bytes("GET", "/hints"),
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\nGET / HTTP/1.1\r\n",
]


@pytest.mark.parametrize("leave", [Connection.close, Connection.reset])
def test_a_client_may_leave_at_any_byte(gcorn, leave):
    server = gcorn("probe:app", "--keep-alive", "30")
    [worker] = server.wait_workers(1)
    assert server.get("/hello").status == 200
    before = descriptors(worker)
    for data in WHOLE:
        for cut in range(len(data) + 1):
            connection = server.connect()
            connection.send(data[:cut])
            leave(connection)
    assert server.get("/hello").status == 200
    wait_until(lambda: descriptors(worker) <= before, f"no more than {before} descriptors")


def test_a_client_gone_while_it_waits_costs_no_call(gcorn):
    server = gcorn("probe:app")
    with server.connect() as busy:
        busy.request("GET", "/sleep/500")
        wait_until(lambda: is_read(busy), "the worker has taken the request")
        waiting = [server.connect() for _ in range(5)]
        for connection in waiting:
            connection.request("GET", "/empty")
            connection.reset()
        assert busy.response().status == 200
    assert calls(server, "empty") == 0


def is_read(connection):
    """True when the peer's kernel has nothing of ours left unread (Linux: the socket's output queue)."""
    import fcntl
    import struct
    import termios
    left = struct.unpack("i", fcntl.ioctl(connection.socket, termios.TIOCOUTQ, b"\0" * 4))[0]
    return left == 0


@pytest.mark.parametrize("data, status", [
    (b"GET\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
    (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 150 + b"\r\n", 431)], ids=lambda value: str(value)[:50])
def test_what_cannot_be_trusted_is_refused_and_closed(server, data, status):
    before = calls(server, "hello")
    with server.connect() as connection:
        connection.send(data + request_bytes("GET", "/hello"))
        answer = connection.response()
        assert (answer.status, answer["Connection"]) == (status, "close")
        assert connection.is_ended()
    assert calls(server, "hello") == before


def test_an_idle_connection_is_closed_after_keepalive(gcorn):
    server = gcorn("probe:app", "--keep-alive", "1")
    with server.connect() as connection:
        connection.get("/hello")
        assert connection.is_ended()


def test_keepalive_0_closes_every_connection(gcorn):
    server = gcorn("probe:app", "--keep-alive", "0")
    with server.connect() as connection:
        assert connection.get("/hello")["Connection"] == "close"
        assert connection.is_ended()


def test_ipv6_is_served(gcorn):
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    server = gcorn("probe:app", "-b", "[::1]:0")
    port = int(server.wait_log(r"http://\[::1\]:(\d+)").group(1))
    with Connection(("::1", port)) as connection:
        found = json.loads(connection.get("/environ").body)
    assert (found["REMOTE_ADDR"], found["SERVER_NAME"]) == ("::1", "::1")
