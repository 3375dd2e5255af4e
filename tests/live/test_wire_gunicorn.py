# SPDX-License-Identifier: MIT
"""The wire cases against gunicorn: what it does with a case's first request is what gcorn does, or the case
says what else, and names the row of docs/migrating-from-gunicorn.md."""
import re
import select

import pytest
from test_wire import CASES, check_app

from harness import cases, places

pytest.importorskip("gunicorn", reason="gunicorn needs a newer Python")

QUIET_SECONDS = 0.2  # how long gunicorn has to be silent to count as waiting
THREADS = 32  # each case that makes gunicorn wait holds one until the client leaves
ROWS = set(re.findall(r"^\| (.*?) \|", (places.ROOT / "docs" / "migrating-from-gunicorn.md").read_text(), re.M))


@pytest.fixture(scope="module")
def server_for(shared_gunicorn):
    servers = {}

    def find(settings):
        known = {name: value for name, value in settings.items() if name != "limit_request_body"}
        args = tuple(cases.arguments(known))
        if args not in servers:
            servers[args] = shared_gunicorn("-k", "gthread", "--threads", str(THREADS), *args, "wire:app")
        return servers[args]
    return find


def expected(case):
    """What gunicorn does: app, a status, waits, …"""
    first = case.events[0]
    if case.gunicorn:
        return case.gunicorn["does"]
    if first.kind == "refused":
        return first.args[0]
    return {"app": "app", "waits": "waits", "kept": "waits", "closed": "nothing"}[first.kind]


def is_same_app(connection, event):
    try:
        check_app(connection, event)
    except AssertionError:
        return False
    return True


def judge_answer(connection, case, does):
    """Something will come: read it as what it should be."""
    event = case.events[0]
    if does in ("app", "app, otherwise") and event.kind == "app":
        assert is_same_app(connection, event) == (does == "app")
    elif does == "nothing":
        with pytest.raises((AssertionError, ConnectionResetError)):
            connection.response()
    elif does == "continues":
        connection.socket.settimeout(QUIET_SECONDS)
        with pytest.raises(TimeoutError):
            connection.response()
        assert connection.unread == b""
    else:
        response = connection.response()
        assert response.status == (200 if does == "app" else int(does))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_wire_gunicorn(server_for, case):
    does = expected(case)
    with server_for(case.settings).connect() as connection:
        try:
            connection.send(case.data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        if does == "waits":
            assert not select.select([connection.socket], [], [], QUIET_SECONDS)[0]
        else:
            judge_answer(connection, case, does)


def test_every_difference_has_a_row():
    named = {case.gunicorn["row"] for case in CASES if case.gunicorn}
    assert named <= ROWS, f"no rows: {sorted(named - ROWS)}"
