# SPDX-License-Identifier: MIT
"""Every wire case through nginx and haproxy, whose connections to gcorn are kept and shared: wherever the
proxy sees the end of a request, gcorn has to see it, too. The proxy marks what it passes on, so that a
request without the mark was smuggled; and after each case another client asks for something of its own
and has to get it."""
import json
import socket

import pytest

from harness import cases, proxies
from harness.wire import Connection

QUIET_SECONDS = 0.03  # an attacker's connection is left alone after so much silence
CASES = [case for case in cases.read_all() if not case.settings]
PROXIES = [
    pytest.param("nginx", marks=pytest.mark.skipif(not proxies.NGINX, reason="no nginx")),
    pytest.param("haproxy", marks=pytest.mark.skipif(not proxies.HAPROXY, reason="no haproxy")),
]


@pytest.fixture(scope="module", params=PROXIES)
def front(request, shared_gcorn, tmp_path_factory):
    server = shared_gcorn("witness:app", "--keep-alive", "30")
    proxy = proxies.Proxy(request.param, server, tmp_path_factory.mktemp(request.param))
    yield proxy
    proxy.kill()


def attack(front, data):
    """Send, then read until the proxy closes or has nothing to say for a moment."""
    with Connection(front.address, QUIET_SECONDS) as connection:
        try:
            connection.socket.settimeout(5)
            connection.send(data)
            connection.socket.settimeout(QUIET_SECONDS)
            connection.read_all()
        except (socket.timeout, ConnectionError):
            pass


def ask(front, target):
    with Connection(front.address) as connection:
        connection.request("GET", target, [("Connection", "close")])
        return json.loads(connection.response().body)


def test_no_request_is_smuggled_through_a_proxy(front):
    for number, case in enumerate(CASES):
        attack(front, case.data)
        target = f"/victim/{number}"
        assert ask(front, target) == {"target": target}, f"after {case}"
        strangers = ask(front, "/witness")["strangers"]
        assert not strangers, f"{case}: {strangers}"
    assert ask(front, "/witness")["seen"] > len(CASES)
