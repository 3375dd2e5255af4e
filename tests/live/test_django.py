# SPDX-License-Identifier: MIT
"""A Django project on two workers: ORM, admin, static files, uploads, streams."""
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import places
from harness.server import environment

PASSWORD = "a password of the tests"


@pytest.fixture(scope="module")
def url(shared_gcorn, tmp_path_factory):
    state = tmp_path_factory.mktemp("django")
    env = {"DJANGO_STATE": str(state), "DJANGO_SETTINGS_MODULE": "django_site.settings",
           "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    for command in (["migrate", "--run-syncdb", "-v", "0"],
                    ["createsuperuser", "--noinput", "--username", "root", "--email", "root@example.test"]):
        subprocess.run([sys.executable, "-m", "django", *command], cwd=places.APPS, check=True,
                       env=environment(env), stdout=subprocess.DEVNULL)
    return shared_gcorn("django_site.wsgi", "-w", "2", env=env).url


def token_of(page):
    return re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]


def test_the_orm_writes_and_reads_on_every_worker(url):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda number: requests.post(f"{url}/notes/", data={"title": f"note {number}"}), range(24)))
    assert {answer.status_code for answer in answers} == {200}
    titles = requests.get(f"{url}/notes/").json()["titles"]
    assert sorted(titles) == sorted(f"note {number}" for number in range(24))


def test_the_admin_lets_the_right_user_in(url):
    with requests.Session() as session:
        page = session.get(f"{url}/admin/")
        assert page.url.endswith("/admin/login/?next=/admin/")
        login = {"username": "root", "password": PASSWORD, "next": "/admin/",
                 "csrfmiddlewaretoken": token_of(page)}
        page = session.post(page.url, data=login, headers={"Referer": page.url})
        assert page.status_code == 200 and "Site administration" in page.text
        page = session.get(f"{url}/admin/notes/note/add/")
        note = {"title": "from the admin", "csrfmiddlewaretoken": token_of(page)}
        page = session.post(page.url, data=note, headers={"Referer": page.url})
        assert "was added successfully" in page.text


def test_the_admin_keeps_the_wrong_user_out(url):
    with requests.Session() as session:
        page = session.get(f"{url}/admin/")
        login = {"username": "root", "password": "wrong", "csrfmiddlewaretoken": token_of(page)}
        page = session.post(page.url, data=login, headers={"Referer": page.url})
        assert "Please enter the correct" in page.text


def test_whitenoise_serves_static_files(url):
    answer = requests.get(f"{url}/static/site.css")
    assert (answer.status_code, answer.text) == (200, "body { color: black; }\n")
    assert answer.headers["Content-Type"].startswith("text/css")
    admin = requests.get(f"{url}/static/admin/css/base.css")
    assert admin.status_code == 200 and len(admin.content) > 10_000


def test_a_static_file_is_not_sent_again(url):
    tag = requests.get(f"{url}/static/site.css").headers["Last-Modified"]
    assert requests.get(f"{url}/static/site.css", headers={"If-Modified-Since": tag}).status_code == 304


def test_an_upload_is_stored_and_served(url):
    data = bytes(range(256)) * 16_384  # 4 MiB: Django writes it to a temporary file of its own
    answer = requests.post(f"{url}/upload/", data={"title": "file"}, files={"file": ("up.bin", data)}).json()
    assert answer == {"name": "attachments/up.bin", "size": len(data)}
    assert requests.get(f"{url}/file/up.bin").content == data


def test_a_streaming_response_is_streamed(url):
    answer = requests.get(f"{url}/stream/")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.text == "".join(f"row {number}\n" for number in range(2000))


def test_django_sees_the_address_that_the_client_used(url):
    answer = requests.get(f"{url}/where/?a=b", headers={"Host": "shop.example.test:8080"}).json()
    assert answer == {"url": "http://shop.example.test:8080/where/?a=b", "secure": False, "thread": True}


def test_a_trusted_proxy_can_say_https(url):
    answer = requests.get(f"{url}/where/", headers={"X-Forwarded-Proto": "https"}).json()
    assert answer["secure"] and answer["url"].startswith("https://")


def test_an_error_in_a_view_is_a_500(url):
    assert requests.get(f"{url}/broken/").status_code == 500
    assert requests.get(f"{url}/notes/").status_code == 200
