# SPDX-License-Identifier: MIT
"""Apps of PasteDeploy files, under gcorn and gunicorn alike."""
import subprocess
import venv

import pytest

from harness import places
from harness.process import Process
from harness.server import Server, environment, gcorn_argv, gunicorn_argv

pytest.importorskip("paste.deploy", reason="PasteDeploy is not installed")
BOTH = pytest.mark.parametrize("argv_of", [gcorn_argv, gunicorn_argv], ids=["gcorn", "gunicorn"])

INI = """
[DEFAULT]
greeting = hello

[app:main]
paste.app_factory = shop:make
name = main

[app:other]
paste.app_factory = shop:make
name = other of %(town)s

[pipeline:piped]
pipeline = shout main

[filter:shout]
paste.filter_factory = shop:shout
"""
LOGGERS = """
[loggers]
keys = root, shop

[handlers]
keys = out

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = out

[logger_shop]
level = INFO
handlers =
qualname = shop

[handler_out]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = said by %(name)s in %(here)s: %(message)s
"""
SHOP = """
import logging

def make(global_conf, name):
    logging.getLogger("shop").info("made %s", name)
    text = f"{global_conf['greeting']} from {name}".encode()
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
        return [text]
    return app

def shout(global_conf):
    def wrap(app):
        return lambda environ, start_response: [part.upper() for part in app(environ, start_response)]
    return wrap
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "shop.ini").write_text(INI)
    (tmp_path / "logged.ini").write_text(INI + LOGGERS.replace("%(here)s", str(tmp_path)))
    return tmp_path


@BOTH
@pytest.mark.parametrize("args, body", [
    (["--paste", "shop.ini"], b"hello from main"),
    (["--paste", "shop.ini#other", "--paste-global", "town=Ulm"], b"hello from other of Ulm"),
    (["--paster=shop.ini#piped", "--paste-global", "greeting=a\\=b"], b"A=B FROM MAIN"),
    (["--paste", "shop.ini", "--preload"], b"hello from main"),
], ids=["main", "section", "pipeline", "preloaded"])
def test_the_section_is_served(folder, argv_of, args, body):
    server = Server(argv_of(*args), cwd=folder)
    try:
        assert server.get("/").body == body
        assert server.stop() == 0
    finally:
        server.kill()


def test_a_yaml_file_may_name_it(folder):
    (folder / "gcorn.yaml").write_text("paste: shop.ini#other\nraw_paste_global_conf: [town=Ulm]\n")
    server = Server(gcorn_argv(), cwd=folder)
    try:
        assert server.get("/").body == b"hello from other of Ulm"
        assert server.stop() == 0
    finally:
        server.kill()


def test_its_loggers_are_those_of_the_app(folder):
    server = Server(gcorn_argv("--paste", "logged.ini"), cwd=folder)
    try:
        assert server.get("/").body == b"hello from main"
        server.wait_log(f"said by shop in {folder}: made main")
        assert server.stop() == 0
    finally:
        server.kill()


def refusal(folder, *args, env=None):
    started = Process(gcorn_argv("-b", "127.0.0.1:0", *args), env=environment(env), cwd=folder)
    return started.wait_exit(), started.log


@BOTH
def test_a_missing_file_is_refused(folder, argv_of):
    words = argv_of("-b", "127.0.0.1:0", "--paste", "none.ini#x")
    done = subprocess.run([str(word) for word in words], env=environment(), cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 1 and str(folder / "none.ini") in done.stdout, done.stdout


def test_a_missing_section_is_refused(folder):
    code, log = refusal(folder, "--paste", "shop.ini#none")
    assert code == 3 and "none" in log, log


def test_without_the_package_the_log_says_so(folder, tmp_path):
    venv.create(tmp_path / "empty")
    code, log = refusal(folder, "--paste", "shop.ini", env={"VIRTUAL_ENV": str(tmp_path / "empty")})
    assert code == 3 and "pip install PasteDeploy" in log, log
    assert places.GCORN.name in log
