# SPDX-License-Identifier: MIT
"""Apps that talk to the client on gunicorn.socket. Each path names one."""
import socket

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
MANY = 5_000_000


def big_send(client):
    client.sendall(HEAD)
    client.sendall(b"|%d" % client.send(b"x" * MANY))


def big_sendmsg(client):
    client.sendall(HEAD)
    half = b"x" * (MANY // 2)
    client.sendall(b"|%d" % client.sendmsg([half, memoryview(half)]))


def facts(client):
    with client.dup() as other:
        client.sendall(HEAD + repr((
            isinstance(client, socket.socket), client.gettimeout(), client.timeout, client.getblocking(),
            other.gettimeout(), client.family, client.type)).encode())


def receives(client):
    client.sendall(HEAD)
    client.sendall(b"got " + client.recv(100))


def waits(client):
    """What comes of a socket that is told not to wait, or not for long."""
    outcomes = []
    for seconds in (0.05, 0.0):
        client.settimeout(seconds)
        outcomes.append((client.gettimeout(), client.getblocking()))
        try:
            client.recv(1)
        except OSError as error:
            outcomes.append(type(error).__name__)
    client.setblocking(True)
    client.sendall(repr((outcomes, client.gettimeout())).encode())


def app(environ, start_response):
    what = environ["PATH_INFO"].strip("/")
    if what == "hello":
        start_response("200 OK", [("Content-Length", "5")])
        return [b"hello"]
    if what == "bug":
        raise StopIteration
    globals()[what](environ["gunicorn.socket"])
    raise StopIteration
