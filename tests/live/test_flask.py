# SPDX-License-Identifier: MIT
"""A Flask app on two workers, used by requests as its users would."""
import hashlib
import io
import os

import pytest
import requests


@pytest.fixture(scope="module")
def url(shared_gcorn):
    return shared_gcorn("flask_app:app", "-w", "2").url


def test_a_route_answers(url):
    answer = requests.get(url)
    assert (answer.status_code, answer.text) == (200, "Hello from Flask")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_paths_and_queries_arrive_decoded(url):
    answer = requests.get(f"{url}/user/J%C3%BCrgen", params={"q": "ä b&c"})
    assert answer.text == "user Jürgen, query ä b&c"


def test_a_session_lives_on_every_worker(url):
    with requests.Session() as session:
        counts = [session.get(f"{url}/count", headers={"Connection": "close"}).json()["count"]
                  for _ in range(8)]
    assert counts == list(range(1, 9))


def test_json_goes_in_and_out(url):
    answer = requests.post(f"{url}/api/sum", json={"numbers": list(range(1000))})
    assert answer.json() == {"total": 499500}


def test_a_form_arrives(url):
    assert requests.post(f"{url}/form", data={"a": "1", "b": "ü"}).json() == {"a": "1", "b": "ü"}


def test_an_upload_of_10_mb_arrives_whole(url):
    data = os.urandom(10_000_000)
    answer = requests.post(f"{url}/upload", files={"file": ("big.bin", io.BytesIO(data))}).json()
    assert answer == {"name": "big.bin", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_a_chunked_upload_arrives_whole(url):
    parts = (b"x" * 4096 for _ in range(1000))
    assert requests.post(f"{url}/raw", data=parts).json() == {"size": 4_096_000}


def test_a_generator_is_streamed(url):
    answer = requests.get(f"{url}/stream", stream=True)
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.text == "".join(f"line {number}\n" for number in range(1000))


def test_send_file_sends_the_file(url):
    answer = requests.get(f"{url}/download")
    assert answer.content == b"0123456789" * 50_000
    assert answer.headers["Content-Length"] == "500000"


def test_send_file_sends_a_range(url):
    answer = requests.get(f"{url}/download", headers={"Range": "bytes=12345-12354"})
    assert (answer.status_code, answer.content) == (206, b"5678901234")
    assert answer.headers["Content-Range"] == "bytes 12345-12354/500000"


def test_an_unchanged_file_is_not_sent_again(url):
    etag = requests.get(f"{url}/download").headers["ETag"]
    answer = requests.get(f"{url}/download", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_redirect_is_followed(url):
    answer = requests.get(f"{url}/away")
    assert [step.status_code for step in answer.history] == [302]
    assert answer.text == "Hello from Flask"


def test_errors_have_flasks_own_pages(url):
    assert requests.get(f"{url}/teapot").status_code == 418
    assert requests.get(f"{url}/nowhere").status_code == 404
    assert requests.get(f"{url}/api/sum").status_code == 405
    assert "Internal Server Error" in requests.get(f"{url}/broken").text


def test_head_has_the_length_and_no_body(url):
    answer = requests.head(url)
    assert (answer.headers["Content-Length"], answer.content) == ("16", b"")
