# SPDX-License-Identifier: MIT
"""One app each of Falcon, Bottle and Pyramid, and PEP 3333's validator around the probe app."""
import pytest
import requests

from harness import places


def test_falcon_answers(gcorn):
    url = gcorn("falcon_app:app").url
    assert requests.post(f"{url}/things", json={"name": "a"}).status_code == 201
    assert requests.get(f"{url}/things").json() == {"things": ["a"]}
    assert requests.get(f"{url}/stream").text == "".join(f"part {number}\n" for number in range(5))
    assert requests.put(f"{url}/things").status_code == 405


def test_bottle_answers(gcorn):
    url = gcorn("bottle_app:app").url
    assert requests.get(f"{url}/hello/you").text == "Hello, you!"
    answer = requests.post(f"{url}/form", data={"name": "n"}, files={"file": b"content"})
    assert answer.json() == {"name": "n", "file": "content"}
    assert requests.get(f"{url}/source").content == (places.APPS / "bottle_app.py").read_bytes()
    assert (requests.get(f"{url}/x").status_code, requests.get(f"{url}/x").text) == (404, "lost")


def test_pyramid_answers(gcorn):
    url = gcorn("pyramid_app:make_app()").url
    assert requests.get(f"{url}/hello/you").text == "Hello, you!"
    assert requests.post(f"{url}/total", json=[1, 2, 3]).json() == {"total": 6}
    assert requests.get(f"{url}/source").content == (places.APPS / "pyramid_app.py").read_bytes()
    assert requests.get(f"{url}/x").status_code == 404


@pytest.fixture(scope="module")
def validated(shared_gcorn):
    return shared_gcorn("validated:app")


@pytest.mark.parametrize("path", [
    "/hello", "/two-parts", "/generator", "/empty", "/write", "/file", "/file-like", "/hints", "/closes",
    "/stream-of/40", "/bytes-of/200000", "/environ"])
def test_the_validator_finds_no_fault(validated, path):
    before = len(validated.log)
    assert validated.get(path).status == 200
    assert validated.get("/hello").status == 200  # the iterable before it has been closed and judged
    assert "Error" not in validated.log[before:]


@pytest.mark.parametrize("target", ["/echo", "/echo?a=%20b", "/read-lines?by=readline"])
def test_the_validator_finds_no_fault_with_a_body(validated, target):
    before = len(validated.log)
    body = b"one\ntwo\n" * 500
    assert validated.request("POST", target, [("Content-Type", "text/plain")], body).status == 200
    assert validated.get("/hello").status == 200
    assert "Error" not in validated.log[before:]
