# SPDX-License-Identifier: MIT
"""gunicorn.socket: apps that answer on the client's socket themselves, under gcorn and gunicorn alike."""
import socket

import pytest
import simple_websocket

from harness.server import Server, gcorn_argv, gunicorn_argv

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
MANY = 5_000_000
CLASSES = {"sync": (), "gthread": ("-k", "gthread", "--threads", "3")}


@pytest.fixture(scope="module", params=[(argv_of, name) for argv_of in (gcorn_argv, gunicorn_argv) for name in CLASSES],
                ids=lambda param: f"{param[0].__name__[:-5]}-{param[1]}")
def server(request):
    argv_of, name = request.param
    one = Server(argv_of("takes_over:app", "--access-logfile", "-", "--log-level", "debug", *CLASSES[name]))
    yield one
    assert one.stop() == 0, one.log


def all_of(server, target):
    with server.connect() as connection:
        connection.request("GET", target)
        return connection.read_all()


@pytest.mark.parametrize("target", ["/big_send", "/big_sendmsg"])
def test_send_sends_all(server, target):
    assert all_of(server, target) == HEAD + b"x" * MANY + b"|%d" % MANY


def test_it_is_a_blocking_socket(server):
    facts = all_of(server, "/facts").removeprefix(HEAD).decode()
    assert facts.startswith("(True, None, None, True, None, <AddressFamily.AF_INET: 2>, <SocketKind.SOCK_STREAM: 1>")


def test_it_may_be_told_not_to_wait(server):
    assert all_of(server, "/waits") == b"([(0.05, True), 'TimeoutError', (0.0, False), 'BlockingIOError'], None)"


def test_it_receives(server):
    with socket.create_connection(server.address, 20) as client:
        client.sendall(b"GET /receives HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.recv(len(HEAD), socket.MSG_WAITALL) == HEAD
        client.sendall(b"what follows")
        assert client.recv(100, socket.MSG_WAITALL) == b"got what follows"


def test_nothing_is_added_to_what_the_app_has_sent_or_said_of_it(server):
    assert all_of(server, "/facts").count(b"HTTP/1.1") == 1
    assert server.get("/hello").body == b"hello"
    server.wait_log('"GET /hello HTTP')
    assert '"GET /facts HTTP' not in server.log
    assert "Traceback" not in server.log


def test_stop_iteration_of_an_app_that_has_not_taken_the_socket_is_its_failure(gcorn):
    server = gcorn("takes_over:app")
    assert server.get("/bug").status == 500
    server.wait_log("Error handling request GET /bug")


@pytest.fixture(scope="module", params=[gcorn_argv, gunicorn_argv], ids=["gcorn", "gunicorn"])
def websockets(request):
    one = Server(request.param("websocket_app:app", "-k", "gthread", "--threads", "4", "--access-logfile", "-"))
    yield one
    assert one.stop() == 0, one.log


def test_flask_sock_echoes_messages_of_all_sizes(websockets):
    client = simple_websocket.Client(websockets.url.replace("http", "ws") + "/echo")
    for size in (0, 1, 70_000, 200_000, 2_000_000):
        client.send("x" * size)
        assert client.receive(20) == "x" * size
    client.close()


def test_flask_sock_ends_with_its_close_frame(websockets):
    with websockets.connect() as connection:
        connection.request("GET", "/once", [("Upgrade", "websocket"), ("Connection", "Upgrade"),
                                            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                                            ("Sec-WebSocket-Version", "13")])
        answer = connection.read_all()
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert answer.endswith(b"\r\n\r\n\x81\x04once\x88\x02\x03\xe8")
    assert websockets.get("/hello").text == "hello"
    websockets.wait_log('"GET /hello HTTP')
    assert '"GET /once HTTP' not in websockets.log
    assert "Traceback" not in websockets.log
