# SPDX-License-Identifier: MIT
"""Each example runs with the command that its first comment gives."""
import re
import subprocess

import pytest
import requests

from harness import places, proxies
from harness.process import Process
from harness.server import LISTENING, environment

EXAMPLES = places.ROOT / "examples"


@pytest.mark.release
def test_the_quick_start_serves_flask():
    started = Process([EXAMPLES / "quickstart.sh", "-b", "127.0.0.1:0"], env=environment())
    try:
        url = started.wait_log(LISTENING, 100).group(1)
        with requests.Session() as session:
            assert "Hello from Flask under gcorn" in session.get(url).text
            assert [session.get(f"{url}/visits").json()["visits"] for _ in range(3)] == [1, 2, 3]
            assert session.post(f"{url}/echo", json={"a": [1]}).json() == {"received": {"a": [1]}}
            assert session.get(f"{url}/countdown").text == "3\n2\n1\nlift-off\n"
        assert started.stop() == 0
    finally:
        started.kill()


def test_hello_is_said(gcorn):
    assert gcorn("--chdir", EXAMPLES / "hello", "app:app").get("/").body == b"Hello, World!\n"


def test_the_django_site_is_served(gcorn):
    server = gcorn("--chdir", EXAMPLES / "django", "-w", "2", "site_in_one")
    assert requests.get(server.url).text == "Hello from Django\n"
    assert requests.get(f"{server.url}/about/").json()["url"] == f"{server.url}/about/"


def test_events_are_streamed_as_they_come(gcorn):
    server = gcorn("--chdir", EXAMPLES / "streaming", "-w", "2", "app:app")
    with requests.get(server.url, stream=True) as answer:
        first = next(answer.iter_content(None))
    assert first == b"data: event 0\n\n"


def test_the_hooks_tell_what_happens():
    started = Process([places.GCORN, "-b", "127.0.0.1:0"], env=environment(), cwd=EXAMPLES / "hooks")
    try:
        url = started.wait_log(LISTENING).group(1)
        started.wait_log("ready on http://127.0.0.1:[0-9]+ with 2 workers")
        started.wait_log("worker 2 has the app 'app:app'")
        assert requests.get(url).text == "Hello, World!\n"
        assert started.stop() == 0
    finally:
        started.kill()
    assert len(re.findall(r"worker [12] \(pid \d+\) is gone, [01] are left", started.log)) == 2, started.log
    assert "all are gone" in started.log


@pytest.mark.skipif(not proxies.NGINX, reason="no nginx")
def test_nginx_takes_the_configuration():
    checked = subprocess.run([proxies.NGINX, "-t", "-e", "stderr", "-c", EXAMPLES / "nginx" / "nginx.conf"],
                             stderr=subprocess.PIPE, text=True)
    assert checked.returncode == 0, checked.stderr
