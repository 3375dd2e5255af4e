# SPDX-License-Identifier: MIT
"""Clients that people use: curl, Python's http.client, requests."""
import http.client
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness.places import find_program

CURL = find_program("curl")


@pytest.fixture(scope="module")
def server(shared_gcorn):
    return shared_gcorn("probe:app", "-w", "2")


def curl(*args):
    return subprocess.run([CURL, "-sS", "--max-time", "30", *args], check=True, capture_output=True).stdout


@pytest.mark.skipif(not CURL, reason="no curl")
@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
def test_curl_gets_posts_and_keeps_its_connection(server, version, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(os.urandom(2_000_000))  # larger than 1 MiB: curl asks with Expect first
    assert curl(version, f"{server.url}/hello") == b"Hello, World!"
    assert curl(version, "--data-binary", f"@{body}", f"{server.url}/echo") == body.read_bytes()
    urls = [f"{server.url}/bytes-of/{size}" for size in range(20)]
    used = curl(version, "-H", "Connection: keep-alive", "-w", "%{num_connects}\n", "-o", os.devnull, *urls[:1],
                *[word for url in urls[1:] for word in ("-o", os.devnull, url)]).split()
    assert [int(number) for number in used] == [1] + [0] * 19


@pytest.mark.skipif(not CURL, reason="no curl")
def test_curl_sends_chunks(server, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(os.urandom(300_000))
    answer = curl("-H", "Transfer-Encoding: chunked", "--data-binary", f"@{body}", f"{server.url}/echo")
    assert answer == body.read_bytes()


@pytest.mark.skipif(not CURL, reason="no curl")
def test_curl_heads(server):
    assert b"Content-Length: 13\r\n" in curl("--head", f"{server.url}/hello")


def test_http_client_keeps_its_connection(server):
    client = http.client.HTTPConnection(*server.address)
    for size in (1, 100_000, 3):
        client.request("POST", "/echo", body=b"x" * size)
        assert client.getresponse().read() == b"x" * size
    client.request("HEAD", "/hello")
    assert client.getresponse().read() == b""
    client.request("GET", "/generator")
    assert client.getresponse().read() == b"Hello, World!"
    client.request("GET", "/environ", headers={"X-A": "1"})
    assert json.loads(client.getresponse().read())["HTTP_X_A"] == "1"
    client.close()


def test_http_client_notices_a_cut_response(server):
    for path in ("/raises-later", "/too-short"):
        client = http.client.HTTPConnection(*server.address)
        client.request("GET", path)
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            client.getresponse().read()
        client.close()


def test_requests_in_many_threads(server):
    def work(number):
        with requests.Session() as session:
            return all(session.post(f"{server.url}/echo", data=b"%d" % number * size).content ==
                       b"%d" % number * size for size in (1, 10_000, 200_000))
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(64)))
