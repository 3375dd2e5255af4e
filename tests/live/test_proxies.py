# SPDX-License-Identifier: MIT
"""Behind nginx and haproxy, with upstream connections that are kept, over TCP and a unix socket."""
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import proxies

PROXIES = [
    pytest.param("nginx", marks=pytest.mark.skipif(not proxies.NGINX, reason="no nginx")),
    pytest.param("haproxy", marks=pytest.mark.skipif(not proxies.HAPROXY, reason="no haproxy")),
]


@pytest.fixture(scope="module", params=["tcp", "unix"])
def server(request, shared_gcorn, tmp_path_factory):
    bind = "tcp" if request.param == "tcp" else str(tmp_path_factory.mktemp("s") / "s")
    return shared_gcorn("probe:app", "-w", "2", bind=bind)


@pytest.fixture(params=PROXIES)
def url(request, server, tmp_path):
    proxy = proxies.Proxy(request.param, server, tmp_path)
    yield proxy.url
    proxy.kill()


def test_requests_pass_through(url):
    body = os.urandom(3_000_000)
    with requests.Session() as session:
        assert session.get(f"{url}/hello").text == "Hello, World!"
        assert session.post(f"{url}/echo", data=body).content == body
        assert session.post(f"{url}/echo", data=iter([b"a" * 1000] * 100)).content == b"a" * 100_000
        assert session.get(f"{url}/generator").text == "Hello, World!"
        assert len(session.get(f"{url}/file").content) == 300_000
        assert session.head(f"{url}/hello").headers["Content-Length"] == "13"
        found = session.get(f"{url}/environ").json()
        assert found["wsgi.url_scheme"] == "https"
        assert found["HTTP_HOST"] == url[len("http://"):]


def test_the_errors_of_an_app_pass_through(url):
    assert requests.get(f"{url}/raises").status_code == 500
    assert requests.get(f"{url}/too-long").content == b"exact"
    with pytest.raises(requests.exceptions.RequestException):
        assert requests.get(f"{url}/raises-in-length").content
    assert requests.get(f"{url}/hello").text == "Hello, World!"


def test_no_answer_reaches_the_wrong_client(url):
    def work(number):
        with requests.Session() as session:
            for index in range(40):
                text = f"{number}.{index}"
                found = session.get(f"{url}/environ", params={"q": text}, headers={"X-Id": text})
                if found.status_code != 200:
                    return f"{found.status_code} {found.text}"
                found = json.loads(found.text)
                if found["QUERY_STRING"] != f"q={text}" or found["HTTP_X_ID"] != text:
                    return found
        return None
    with ThreadPoolExecutor(8) as pool:
        assert [wrong for wrong in pool.map(work, range(8)) if wrong] == []
