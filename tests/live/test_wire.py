# SPDX-License-Identifier: MIT
"""The wire cases (tests/wire/*.md) against the real server: each in one piece and, if it is short, byte by
byte. Servers are shared by the cases that have the same settings."""
import json
import select
from urllib.parse import unquote

import pytest

from harness import cases
from harness.wire import Connection

QUIET_SECONDS = 0.05  # how long nothing has to come where the server has to wait for more
BYTEWISE_MAX = 300
TEXTS = cases.refusal_texts()
CASES = cases.read_all()
LAST = b"GET /z HTTP/1.1\r\nHost: a\r\n\r\n"  # small: some cases have small limits


@pytest.fixture(scope="module")
def server_for(shared_gcorn):
    """server_for(settings): the server with these settings."""
    servers = {}

    def find(settings):
        args = tuple(cases.arguments(settings))
        if args not in servers:
            servers[args] = shared_gcorn("wire:app", "--keep-alive", "60", *args)
        return servers[args]
    return find


def environ_key(name):
    key = name.upper()
    return ("" if key in ("CONTENT-TYPE", "CONTENT-LENGTH") else "HTTP_") + key.replace("-", "_")


def check_field(told, fact, facts):
    """The app sees the fields of one name joined by commas."""
    name, value = fact.removeprefix("field ").split(": ", 1)
    prefix = f"field {name}: "
    values = [other.removeprefix(prefix) for other in facts if other.startswith(prefix)]
    assert told.get(environ_key(name)) == ",".join(values), fact


def check_fact(told, fact, facts):
    name, _, value = fact.partition(": ")
    if fact.startswith("no field "):
        key = environ_key(fact.removeprefix("no field "))
        posing = any(environ_key(other[6:].split(": ")[0]) == key for other in facts
                     if other.startswith("field "))
        assert posing or key not in told, fact
    elif fact.startswith("field "):
        check_field(told, fact, facts)
    elif name == "path":
        script = told["SCRIPT_NAME"]
        assert script + told["PATH_INFO"] == unquote(value, "latin-1"), fact
    elif name == "body_bytes":
        assert len(told["body"]) == int(value)
    elif name == "client":
        assert [told["REMOTE_ADDR"], told["REMOTE_PORT"]] == value.split(" ")
    elif name == "version":
        assert told["SERVER_PROTOCOL"] == f"HTTP/{value}"
    elif name not in ("fields", "continue"):
        key = {"query": "QUERY_STRING", "scheme": "wsgi.url_scheme", "script_name": "SCRIPT_NAME",
               "proxy_protocol": "PROXY_PROTOCOL", "body": "body"}[name]
        assert told.get(key) == value, fact


def check_app(connection, event):
    method, target = event.args
    response = connection.response(method)
    assert response.status == 200, response
    due = "continue: yes" in event.facts
    assert due or not response.interim
    if method == "HEAD":
        return
    told = json.loads(response.body)
    assert (told["REQUEST_METHOD"], told["RAW_URI"]) == (method, target)
    for fact in event.facts:
        check_fact(told, fact, event.facts)


def check_refused(connection, event):
    status, code = event.args
    response = connection.response()
    assert response.status == int(status), response
    assert TEXTS[code] in response.text
    assert response["Connection"] == "close"


def check_end(connection, case):
    if case.end == "closed":
        assert connection.is_ended()
        return
    readable, _, _ = select.select([connection.socket], [], [], QUIET_SECONDS if case.end == "waits" else 0)
    assert not readable and not connection.unread, "an answer too many, or the end"
    if case.end == "kept":
        connection.send(LAST)
        response = connection.response()
        assert json.loads(response.body)["RAW_URI"] == "/z"


def send(connection, case, bytewise):
    try:
        for at in range(len(case.data)) if bytewise else ():
            connection.send(case.data[at:at + 1])
        if not bytewise:
            connection.send(case.data)
    except (BrokenPipeError, ConnectionResetError):
        assert case.end == "closed"  # it was refused before everything was sent


@pytest.mark.parametrize("case", CASES, ids=str)
def test_wire(server_for, case):
    server = server_for(case.settings)
    for bytewise in [False, True] if len(case.data) <= BYTEWISE_MAX else [False]:
        with Connection(server.address) as connection:
            send(connection, case, bytewise)
            for event in case.events:
                if event.kind == "app":
                    check_app(connection, event)
                elif event.kind == "refused":
                    check_refused(connection, event)
            check_end(connection, case)
