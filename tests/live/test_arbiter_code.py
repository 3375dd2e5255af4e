# SPDX-License-Identifier: MIT
"""The setting reload: code that changes is served, code that does not load is not."""
import os
import signal
import time

import pytest

from harness.life import wait_until
from harness.load import Load

APP = """
import os, sys
sys.path.insert(0, {folder!r})
{extra}
import code_helper
def app(environ, start_response):
    body = code_helper.VERSION.encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


class Site:
    """An app of two modules that a test edits."""

    def __init__(self, folder):
        self.folder = folder
        self.write("1")
        self.write_app()

    def write(self, version):
        (self.folder / "code_helper.py").write_text(f"VERSION = '{version}'\n")

    def write_app(self, extra=""):
        (self.folder / "code_app.py").write_text(APP.format(folder=str(self.folder), extra=extra))

    def serve(self, gcorn, *args):
        self.server = gcorn("--reload", "--log-level", "debug", *args, "code_app:app", cwd=self.folder)
        self.server.wait_log("is ready")
        return self.server

    def version(self):
        return self.server.get("/").text

    def wait_version(self, version):
        wait_until(lambda: self.version() == version, f"version {version}")


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.mark.parametrize("engine", ["auto", "inotify", "poll"])
@pytest.mark.parametrize("args", [(), ("-w", "2", "--preload"), ("--threads", "2")], ids=["sync", "preload", "gthread"])
def test_a_change_is_served_without_a_lost_request(gcorn, site, engine, args):
    server = site.serve(gcorn, "--reload-engine", engine, *args)
    load = Load(server)
    assert site.version() == "1"
    site.write("2")
    site.wait_version("2")
    load.finish()


def test_code_with_an_error_waits_until_it_is_mended(gcorn, site):
    server = site.serve(gcorn)
    load = Load(server)
    site.write_app("def broken(:")
    server.wait_log("reload failed")
    server.wait_log("SyntaxError")
    site.write("2")
    server.wait_log("reload failed", count=2)
    site.write_app()
    site.wait_version("2")
    load.finish()


@pytest.mark.parametrize("extra, reason", [("def broken(:", "SyntaxError"), ("import no_such_module", "no_such_module"),
                                           ("1 / 0", "ZeroDivisionError")])
def test_a_first_start_with_an_error_says_so_until_it_is_mended(gcorn, site, extra, reason):
    site.write_app(extra)
    server = site.serve(gcorn)
    answer = server.get("/")
    assert answer.status == 500 and reason in answer.text
    site.write_app("1 / 0 # another one")
    wait_until(lambda: "ZeroDivisionError" in server.get("/").text, "the new reason")
    site.write_app()
    site.wait_version("1")


@pytest.mark.parametrize("engine", ["inotify", "poll"])
def test_a_first_start_that_lacks_a_module_is_mended_by_that(gcorn, site, engine):
    site.write_app("import late_module")
    assert site.serve(gcorn, "--reload-engine", engine).get("/").status == 500
    (site.folder / "late_module.py").touch()
    site.wait_version("1")


def test_a_worker_that_would_be_broken_does_not_stand_beside_one_that_serves(gcorn, site):
    server = site.serve(gcorn, "-w", "2")
    server.wait_log("is ready", count=2)
    load = Load(server)
    site.write_app("1 / 0")
    server.wait_log("reload failed")
    os.kill(int(server.wait_log(r"worker (\d+) is ready").group(1)), signal.SIGTERM)
    server.wait_log("the next attempt to start a worker is in")
    site.write("2")
    site.write_app()
    site.wait_version("2")
    load.finish()


@pytest.mark.parametrize("engine", ["inotify", "poll"])
def test_extra_files_are_watched(gcorn, site, engine):
    page = site.folder / "page.html"
    page.write_text("1")
    server = site.serve(gcorn, "--reload-engine", engine, "--reload-extra-file", str(site.folder / "*.html"))
    page.write_text("2")
    server.wait_log("page.html has changed")
    server.wait_log("reloaded:")
    (site.folder / "another.html").touch()
    server.wait_log("another.html has changed")
    server.wait_log("reloaded:", count=2)


def test_a_file_that_is_replaced_is_a_change(gcorn, site):
    site.serve(gcorn)
    (site.folder / "new").write_text("VERSION = '2'\n")
    (site.folder / "new").rename(site.folder / "code_helper.py")
    site.wait_version("2")


def test_many_changes_at_once_are_one_reload(gcorn, site):
    server = site.serve(gcorn, "-w", "3")
    server.wait_log("is ready", count=3)
    began = time.monotonic()
    for number in range(20):
        site.write(str(number))
        site.write_app(f"# {number}")
    took = time.monotonic() - began
    site.wait_version("19")
    server.wait_log("reloaded:")
    # What comes after a pause of a tenth of a second is a change of its own.
    assert server.log.count("reloading: one worker tries") == 1 or took > 0.1


def test_without_the_setting_nothing_is_watched(gcorn, site):
    server = gcorn("code_app:app", cwd=site.folder)
    site.server = server
    assert site.version() == "1"
    site.write("2")
    assert site.version() == "1"
    assert "has changed" not in server.log


@pytest.mark.parametrize("args", [(), ("--preload",)], ids=["plain", "preload"])
def test_spew_prints_every_line(gcorn, site, args):
    server = gcorn("--spew", *args, "code_app:app", cwd=site.folder)
    assert server.get("/").text == "1"
    server.wait_log(r"^code_app:\d+: +body = code_helper\.VERSION\.encode\(\)$")
