# SPDX-License-Identifier: MIT
"""Logs that Python's logging writes: logconfig, logconfig_dict, logconfig_json, logger_class, under gunicorn and
under gcorn. Lines about requests and of hooks and apps are the same; each server words its own as it likes."""
import json
import os
import re
import signal
import socket
import textwrap
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import places
from harness.addresses import free_address
from harness.logs import read
from harness.process import Process, children, wait_until
from harness.server import environment, gcorn_argv, gunicorn_argv
from harness.wire import Connection

pytest.importorskip("gunicorn", reason="gunicorn needs a newer Python")

CONFIGS = Path(__file__).parent / "configs"
APP = '''
    import logging

    def app(environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/fails":
            raise ValueError("the app's own")
        if path == "/logs":
            logging.getLogger("gunicorn.error").warning("said by the app")
            logging.getLogger("anything").warning("said elsewhere")
        start_response("404 Not Found" if path == "/none" else "200 OK", [("X-App", 'a "b"'), ("Content-Length", "2")])
        return [b"ok"]
'''
PATHS = ("/", "/logs", "/health", "/none?a=b", "/silent", "/fails", "/last")
FILES = {
    "log_dict": (CONFIGS / "log_dict.py").read_text(),
    "log_ini": (CONFIGS / "log_ini.py").read_text().replace("__file__", repr(str(CONFIGS / "log_ini.py"))),
    "log_class": (CONFIGS / "log_class.py").read_text(),
    "json file": '''
        logconfig_json = "logging.json"
        accesslog = "access.log"
    ''',
    "partial dict": '''
        logconfig_dict = {"root": {"level": "WARNING", "handlers": []}}
    ''',
    "access method": '''
        from gunicorn.glogging import Logger

        class Mine(Logger):
            def access(self, resp, req, environ, request_time):
                names = sorted(name for name, value in resp.headers if name.startswith("X-"))
                code = getattr(resp, "status_code", 500)
                sent = resp.sent if code == 200 else None
                self.error_log.error("access %s %s %s %s %s %s %s %s %s", type(request_time).__name__, resp.status,
                                     code, sent, names, req.method, req.path, req.query,
                                     environ.get("REQUEST_METHOD"))

        logger_class = Mine
    ''',
    "not a logger of gunicorn's": '''
        import sys

        class Own:
            def __init__(self, cfg):
                self.cfg = cfg
            def say(self, msg, *args, **kwargs):
                sys.stderr.write("OWN " + (msg % args if args else msg).split("\\n")[0] + "\\n")
                sys.stderr.flush()
            info = warning = error = critical = exception = say
            def debug(self, msg, *args, **kwargs):
                pass
            def log(self, level, msg, *args, **kwargs):
                self.say(msg, *args)
            def access(self, resp, req, environ, request_time):
                self.say("ACCESS %s %s", req.path, resp.status)
            def reopen_files(self):
                self.say("REOPENED")
            def close_on_exec(self):
                self.say("CLOEXEC")

        def find():
            return Own

        logger_class = find
    ''',
    "changed in its place": '''
        from gunicorn import glogging

        glogging.Logger.error_fmt = "CHANGED %(levelname)s %(message)s"
        accesslog = "-"
    ''',
    "replaced in its place": '''
        import gunicorn.glogging

        class Mine(gunicorn.glogging.Logger):
            def access(self, resp, req, environ, request_time):
                self.error("access %s", req.path)

        gunicorn.glogging.Logger = Mine
    ''',
    "a filter": '''
        import logging

        class NotNone(logging.Filter):
            def filter(self, record):
                return "/none" not in record.getMessage()

        logging.getLogger("gunicorn.access").addFilter(NotNone())
        accesslog = "-"
    ''',
    "a handler": '''
        import logging

        class Echo(logging.Handler):
            def emit(self, record):
                print("ECHO", record.levelname, record.getMessage(), flush=True)

        logging.getLogger("gunicorn.access").addHandler(Echo())
        accesslog = "-"
    ''',
    "intercepted": '''
        import logging
        from gunicorn import glogging

        class Intercept(logging.Handler):
            def emit(self, record):
                print("INTERCEPTED", record.levelname, record.getMessage().split("\\n")[0], flush=True)

        class Stub(glogging.Logger):
            def setup(self, cfg):
                self.cfg = cfg
                self.loglevel = logging.INFO
                for log in (self.error_log, self.access_log):
                    log.handlers = [Intercept()]
                    log.setLevel(logging.INFO)
                    log.propagate = False

        accesslog = "-"
        logger_class = Stub
        access_log_format = "%(m)s %(U)s %(s)s"
    ''',
}
LOGGING_JSON = {
    "version": 1, "formatters": {"own": {"format": "OWN %(levelname)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "own", "stream": "ext://sys.stdout"},
                 "error_console": {"class": "logging.FileHandler", "formatter": "own", "filename": "error.log"}},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False},
                "gunicorn.access": {"level": "INFO", "handlers": ["console"], "propagate": False}}}


class Run(Process):
    """A server with such a file, in a folder of its own."""

    def __init__(self, folder, argv_of, text, *args, env=None, app=APP):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.address = free_address()
        (folder / "logged_app.py").write_text(textwrap.dedent(app))
        (folder / "conf.py").write_text(textwrap.dedent(text))
        (folder / "logging.json").write_text(json.dumps(LOGGING_JSON))
        argv = argv_of("-c", "conf.py", "-b", "%s:%d" % self.address, *args, "logged_app:app")
        super().__init__(argv, env=environment({"PYTHONPATH": str(folder), **(env or {})}), cwd=folder)

    def is_up(self):
        assert self.popen.poll() is None, self._report("it has ended")
        try:
            return self.get("/health") is not None
        except OSError:
            return False

    def get(self, target):
        with Connection(self.address, 10) as connection:
            return connection.get(target, [("User-Agent", "probe/1"), ("Connection", "close")]).status

    def wait_up(self):
        wait_until(self.is_up, "an answer", 30)
        return self

    @property
    def lines(self):
        """All that it has written, wherever."""
        files = [path for path in sorted(self.folder.glob("*.log*")) if path.is_file()]
        return self.log.splitlines() + [line for path in files for line in read(path)]

    def wait_line(self, pattern, count=1):
        return wait_until(lambda: sum(bool(re.search(pattern, line)) for line in self.lines) >= count,
                          f"{count} {pattern!r} in {self.lines}")


def act(folder, argv_of, text):
    run = Run(folder, argv_of, text)
    try:
        run.wait_up()
        statuses = [run.get(path) for path in PATHS]
        run.wait_line("/last")
        code = run.stop()
    finally:
        run.kill()
    return {"lines": run.lines, "statuses": statuses, "code": code}


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory):
    names = [item.callspec.params["name"] for item in request.session.items
             if item.path == request.path and "outcomes" in item.fixturenames]
    folder = tmp_path_factory.mktemp("logging")
    with ThreadPoolExecutor(4) as pool:
        yield {(name, server): pool.submit(act, folder / f"{name}-{server}", argv_of, FILES[name])
               for name in dict.fromkeys(names)
               for server, argv_of in (("gunicorn", gunicorn_argv), ("gcorn", gcorn_argv))}


OF_THE_SERVER = re.compile(
    r"starts|[Ss]tarting gunicorn|[Ll]istening at|Using worker|[Bb]oot|Handling signal|got SIG|[Ee]xiting|leaves|still waiting for|"
    r"Shutting down|gcorn stops|CLOEXEC|Traceback|^\s|Error in|site-packages|RuntimeError|Worker|ValueError: the app")


def shared(lines):
    """The lines that are not the server's own, without what changes from run to run."""
    found = []
    for line in lines:
        if OF_THE_SERVER.search(line) and "Error handling request" not in line:
            continue
        line = re.sub(r"\[\d\d/[^]]*\]|\[\d{4}-[^]]*\]|\[\d+\]|\"exception\".*", "", line)
        line = re.sub(r'"micros": \d+', '"micros"', line)
        found.append(line)
    return found


def without_listed(line):
    """An access line of the failed request as docs/migrating-from-gunicorn.md has it: gunicorn makes a new environ."""
    return "one with 500" if re.search(r"\b500\b", line) else line


@pytest.mark.parametrize("name", FILES)
def test_both_servers_write_the_same(outcomes, name):
    theirs, ours = (outcomes[name, server].result() for server in ("gunicorn", "gcorn"))
    assert ours["code"] == theirs["code"] == 0, ours["lines"]
    assert ours["statuses"] == theirs["statuses"]
    mine, its = (sorted(map(without_listed, shared(run["lines"]))) for run in (ours, theirs))
    # How often /health was asked before the server was up is chance.
    assert [line for line in mine if "/health" not in line] == [line for line in its if "/health" not in line]
    assert any("/last" in line for line in mine)


def start(folder, text, *args, **options):
    return Run(folder, gcorn_argv, text, *args, **options)


@pytest.fixture
def serve(tmp_path):
    """A gcorn with that config file; proved at the end to have ended well."""
    running = []

    def starter(text, *args, **options):
        running.append(start(tmp_path / f"server{len(running)}", text, *args, **options).wait_up())
        return running[-1]

    yield starter
    try:
        for run in running:
            code = run.stop()
            assert code == 0 and "Sanitizer" not in run.log, run.log
    finally:
        for run in running:
            run.kill()


def ended(tmp_path, text, *args, argv_of=gcorn_argv):
    """(exit code, output) of a start that fails."""
    run = Run(tmp_path / argv_of.__name__, argv_of, text, *args)
    try:
        return run.wait_exit(), run.log
    finally:
        run.kill()


WRONG = {
    "no INI": ('logconfig = "conf.py"', r"logconfig: \S*conf.py: .*"),
    "no JSON": ('logconfig_json = "conf.py"', r"logconfig_json: \S*conf.py: JSONDecodeError: Expecting value.*"),
    "a bad dict": ('logconfig_dict = {"handlers": {"x": {"class": "nowhere.Handler"}}}',
                   r"logconfig_dict: ValueError: Unable to configure handler 'x': .*nowhere.*"),
    "no such class": ('logger_class = "nowhere.Logger"', r"logger_class: .*ModuleNotFoundError: No module named 'nowhere'"),
    "a class that fails": ('''
        from gunicorn.glogging import Logger
        class Mine(Logger):
            def setup(self, cfg):
                raise RuntimeError("its own reason")
        logger_class = Mine''', r"logger_class: .*RuntimeError: its own reason"),
}


ONLY_WHEN_MADE = ("a bad dict", "a class that fails")  # --check-config makes no logger: that could open its files


@pytest.mark.parametrize("name", WRONG)
def test_a_configuration_that_cannot_be_used_stops_the_start_as_in_gunicorn(tmp_path, name):
    text, message = WRONG[name]
    code, log = ended(tmp_path, text)
    assert re.search(r"\[ERROR\] " + message + "$", log, re.M), log
    if name not in ONLY_WHEN_MADE:
        code, log = ended(tmp_path, text, "--check-config")
        assert code == 1 and re.search("^gcorn: error: " + message + "$", log, re.M), log
    assert code == ended(tmp_path, text, argv_of=gunicorn_argv)[0] == 1
    assert ("Traceback" in log) == ("class" in name), log


@pytest.mark.parametrize("name", ["logconfig", "logconfig_json"])
def test_a_file_that_is_not_there_stops_the_start(tmp_path, name):
    code, log = ended(tmp_path, f'{name} = "nowhere"')
    assert code == 1 and re.fullmatch(rf"gcorn: error: config file, \S+:1: {name}: nowhere: expected a file that can be read, "
                                      r"but /\S+/nowhere: No such file or directory\n", log), log


@pytest.mark.parametrize("log_format", ["json", "logfmt"])
def test_formats_of_gcorns_own_are_not_for_pythons_logging(tmp_path, log_format):
    code, log = ended(tmp_path, FILES["partial dict"], "--access-logformat", log_format)
    assert code == 1 and re.search(f"access_log_format: {log_format}: .*logconfig_dict.* formatter", log), log


ACCESS_FAILS = '''
    from gunicorn.glogging import Logger
    class Mine(Logger):
        def access(self, resp, req, environ, request_time):
            raise RuntimeError("access fails")
        def critical(self, msg, *args, **kwargs):
            raise RuntimeError("critical fails")
    logger_class = Mine
    def post_worker_init(worker):
        import _gcorn
        _gcorn.log(50, "a critical line")
'''


def test_a_logger_that_fails_costs_a_line_and_nothing_else(serve):
    run = serve(ACCESS_FAILS)
    assert run.get("/") == 200
    run.wait_line("RuntimeError: access fails", 2)
    run.wait_line(r"\[ERROR\] logger_class: the logger has failed to write the next line")
    run.wait_line(r"\[CRITICAL\] a critical line")


LEVELS = '''
    import os
    logconfig_dict = {
        "formatters": {"own": {"format": os.environ.get("MARK", "MARK%s") + " %%(levelname)s %%(message)s"}},
        "handlers": {name: {"class": "logging.StreamHandler", "formatter": "own"} for name in ("console", "error_console")},
        "root": {"handlers": []}}
'''


def test_a_reload_takes_a_new_configuration_and_refuses_a_wrong_one(serve):
    run = serve(LEVELS % 1)
    run.wait_line("^MARK1 INFO 127.0.0.1 .*/health")
    config = run.folder / "conf.py"
    config.write_text(WRONG["a bad dict"][0])
    os.kill(run.pid, signal.SIGHUP)
    run.wait_line("^MARK1 ERROR logconfig_dict: .*nowhere")
    run.wait_line("^MARK1 ERROR reload failed, the old workers go on")
    assert run.get("/still") == 200
    run.wait_line("^MARK1 INFO 127.0.0.1 .*/still")
    config.write_text(textwrap.dedent(LEVELS % 2))
    os.kill(run.pid, signal.SIGHUP)
    run.wait_line("^MARK2 INFO reloaded")
    assert run.get("/new") == 200
    run.wait_line("^MARK2 INFO 127.0.0.1 .*/new")
    config.write_text('accesslog = "-"\n')
    os.kill(run.pid, signal.SIGHUP)
    run.wait_line(r"^\[.*\[INFO\] reloaded")
    assert run.get("/plain") == 200
    run.wait_line('^127.0.0.1 .*"GET /plain')
    config.write_text(textwrap.dedent(LEVELS % 3))
    os.kill(run.pid, signal.SIGHUP)
    run.wait_line("^MARK3 INFO reloaded")
    assert len([line for line in run.lines if "reloaded" in line]) == 3


@pytest.mark.parametrize("args", [("-w", "2"), ("-w", "1", "--threads", "3"), ("-w", "1", "--preload")])
def test_usr1_opens_the_files_of_handlers_again(serve, args):
    run = serve(FILES["log_ini"], *args)
    for name in ("access.log", "error.log"):
        (run.folder / name).rename(run.folder / f"{name}.1")
    os.kill(run.pid, signal.SIGUSR1)
    wait_until(lambda: run.get("/after") == 200 and "access GET /after" in (read(run.folder / "access.log") or [""])[-1],
               "the new file of a worker")
    os.kill(run.pid, signal.SIGTTIN)
    wait_until(lambda: any("now" in line for line in read(run.folder / "error.log")), "the new file of the arbiter")
    for pid in children(run.pid):
        wait_until(lambda: not any(link.endswith(".log.1") for link in opened_by(pid)), f"{pid} has let the old ones go")


LOCKED = '''
    from gunicorn import glogging
    logger_class = type("Mine", (glogging.Logger,), {})
    accesslog = "access.log"

    def post_fork(server, worker):
        import os
        os.rename("access.log", "access.log.1")
        os.mkdir("access.log")
'''


def test_a_file_that_cannot_be_opened_again_stays_open(serve, tmp_path):
    venv.create(tmp_path / "empty")  # gunicorn's own class, where it is installed, does otherwise
    run = serve(LOCKED, "--venv", tmp_path / "empty")
    os.kill(run.pid, signal.SIGUSR1)
    run.wait_line(r"\[WARNING\] cannot open the log \S*access.log\" again, so the old file .*: Is a directory")
    run.get("/after")
    run.wait_line("/after")


def opened_by(pid):
    """The files that a process has open."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            pass
    return found


@pytest.mark.parametrize("args", [("-w", "1"), ("-w", "1", "--threads", "2"), ("-w", "1", "--preload")])
def test_every_line_of_every_process_goes_through_the_formatter(serve, args):
    run = serve(FILES["log_dict"], "--log-level", "debug", *args)
    for path in PATHS:
        run.get(path)
    with Connection(run.address) as connection:
        connection.send(b"GARBAGE\r\n\r\n")
        assert connection.response().status == 400
    run.wait_line('"level": "WARNING".*GARBAGE')
    os.kill(children(run.pid)[-1], signal.SIGKILL)
    run.wait_line('"level": "ERROR".*SIGKILL')
    wait_until(run.is_up, "a new worker")
    assert run.stop() == 0
    for line in run.log.splitlines():
        if line != "said elsewhere":
            assert set(json.loads(line)) >= {"logger", "level", "message"}, line
    failure, = (json.loads(line) for line in run.log.splitlines() if "Error handling" in line)
    assert failure["exception"].endswith("ValueError: the app's own") and "<gcorn>" not in failure["exception"]


def test_a_loop_does_not_wait_for_an_interpreter_that_somebody_keeps(serve):
    """The app keeps it in C: the line of a refused request comes in our own layout rather than not at all."""
    run = serve(FILES["log_dict"], "-w", "1", "--threads", "2", env={"HOG": "1"})
    (run.folder / "logged_app.py").write_text(textwrap.dedent(HOG))
    os.kill(run.pid, signal.SIGHUP)
    run.wait_line("reloaded")
    with Connection(run.address, 20) as hog, Connection(run.address, 20) as connection:
        hog.request("GET", "/hog")
        wait_until((run.folder / "hogged").exists, "an app call that keeps the interpreter")
        connection.send(b"GARBAGE\r\n\r\n")
        assert connection.response().status == 400
        run.wait_line(r"^\[.*\[WARNING\] .*GARBAGE")
        assert hog.response().status == 200


HOG = '''
    import ctypes

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/hog":
            open("hogged", "w").close()
            ctypes.PyDLL(None).usleep(2000000)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
'''


@pytest.mark.parametrize("name", [
    "log_class", "access method", "intercepted", "changed in its place", "replaced in its place", "a filter"])
def test_gunicorn_need_not_be_installed(outcomes, tmp_path, name):
    venv.create(tmp_path / "empty")
    run = act(tmp_path / "run", lambda *args: [places.GCORN, "--venv", tmp_path / "empty", *args], FILES[name])
    installed = outcomes[name, "gcorn"].result()
    mine, its = ([line for line in shared(found["lines"]) if "/health" not in line] for found in (run, installed))
    assert mine == its and run["code"] == 0


def test_yaml_has_the_same_settings(serve, tmp_path):
    (tmp_path / "gcorn.yaml").write_text(textwrap.dedent(YAML))
    run = serve("", "-c", tmp_path / "gcorn.yaml")
    assert run.get("/none") == 404
    run.wait_line("^YAML INFO .*/none.* 404")
    run.wait_line("^YAML INFO worker 1")


YAML = """
    logconfig_dict:
      formatters: {own: {format: "YAML %(levelname)s %(message)s"}}
      handlers:
        console: {class: logging.StreamHandler, formatter: own, stream: "ext://sys.stdout"}
        error_console: {class: logging.StreamHandler, formatter: own, stream: "ext://sys.stderr"}
      root: {level: INFO, handlers: []}
"""


def test_only_what_the_rules_name_reaches_access(serve):
    run = serve(FILES["access method"], "--access-log-slow", "5", "--access-log-status", "404,5xx")
    for path in PATHS:
        run.get(path)
    run.stop()
    found = re.findall(r"access timedelta (\d+) .* (/\S*)", run.log)
    assert found == [("404", "/none"), ("500", "/fails")]


SLOW_LOGGER = '''
    import time
    from gunicorn.glogging import Logger

    class Slow(Logger):
        def error(self, msg, *args, **kwargs):
            super().error(msg, *args, **kwargs)
            time.sleep(0.3)

    logger_class = Slow
'''
ENDLESS = '''
    def app(environ, start_response):
        while environ["PATH_INFO"] == "/endless":
            environ["wsgi.errors"].write("again\\n")
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
'''


def test_a_call_is_ended_even_if_the_signal_meets_the_logger(serve):
    """SystemExit is raised in the logger, which the server has called: it is raised again in the app."""
    run = serve(SLOW_LOGGER, "--graceful-timeout", "20", app=ENDLESS)
    with Connection(run.address) as connection:
        connection.request("GET", "/endless")
        run.wait_line("ERROR. again", 2)
        worker, = children(run.pid)
        os.kill(worker, signal.SIGQUIT)
        run.wait_line("The server ended request GET /endless")
        wait_until(lambda: children(run.pid) != [worker] and run.is_up(), "another worker")
    assert "failed to write" not in run.log


MEETING_LOGGER = '''
    import threading
    from gunicorn.glogging import Logger

    class Meeting(Logger):
        second = threading.Event()

        def error(self, msg, *args, **kwargs):
            if str(msg).endswith("second"):
                self.second.set()
            elif str(msg) == "first":
                print("first waits", flush=True)
                assert self.second.wait(20)
            super().error(msg, *args, **kwargs)

    logger_class = Meeting
'''
LINES = '''
    def app(environ, start_response):
        environ["wsgi.errors"].write(environ["QUERY_STRING"] + "\\n")
        start_response("200 OK", [("Content-Length", "0")])
        return []
'''


def test_a_line_is_logged_once_though_another_comes_while_the_logger_writes_it(serve):
    run = serve(MEETING_LOGGER, "--threads", "2", app=LINES)
    with Connection(run.address) as connection:
        connection.request("GET", "/?first")
        run.wait_line("first waits")
        run.get("/?second")
        assert connection.response().status == 200
    run.stop()
    assert re.findall(r"\[ERROR\] (.*)", run.log) == ["second", "first"]


MEDDLING_LOGGER = '''
    from gunicorn.glogging import Logger

    class Meddling(Logger):
        def warning(self, msg, *args, **kwargs):
            super().warning(msg, *args, **kwargs)
            import logged_app
            logged_app.meddle()

    logger_class = Meddling
'''
MEDDLED = '''
    found = []

    def meddle():
        pass

    def started(environ, start_response):
        global meddle
        headers = [("TE", "x"), ("X-Kept", "1")]

        def meddle():
            headers.clear()
            try:
                start_response("201 Again", [])
            except AssertionError:
                found.append(b"refused")

        start_response("200 OK", headers)
        return found

    def written(environ, start_response):
        global meddle
        write = start_response("200 OK", [("Content-Length", "2")])

        def meddle():
            write(b"x")

        write(b"abc")
        return []

    def other(environ, start_response):
        start_response("200 OK", [])
        return []

    def app(environ, start_response):
        kinds = {"/started": started, "/written": written}
        return kinds.get(environ["PATH_INFO"], other)(environ, start_response)
'''


def test_a_logger_cannot_change_the_response_that_it_is_told_of(serve):
    run = serve(MEDDLING_LOGGER, app=MEDDLED)
    with Connection(run.address) as connection:
        answer = connection.get("/started")
        assert (answer.status, answer["X-Kept"], answer.body) == (200, "1", b"refused")
        assert connection.get("/written").body == b"ab"


RECIPE = '''
    import logging
    import flask

    app = flask.Flask("shop")
    server = logging.getLogger("gunicorn.error")
    app.logger.handlers = server.handlers
    app.logger.setLevel(server.level)

    @app.route("/<path:name>")
    def page(name):
        app.logger.info("the page %s", name)
        return "ok"
'''


@pytest.mark.parametrize("text", ["", FILES["partial dict"]])
def test_the_recipe_of_flasks_users_leads_to_the_error_log(serve, text):
    run = serve(text, app=RECIPE)
    assert run.get("/sold") == 200
    run.wait_line(r"^\[\d{4}-.*\] \[\d+\] \[INFO\] the page sold$")
    run.stop()
    assert sum("the page sold" in found for found in run.lines) == 1


FILTER = """
    import logging
    class NotHealth(logging.Filter):
        def filter(self, record):
            return "/health" not in record.getMessage()
    def add():
        logging.getLogger("gunicorn.access").addFilter(NotHealth())
"""
OF_THE_APP = textwrap.dedent(FILTER) + "add()" + textwrap.dedent(APP)
TOUCHES = {
    "app": ("", OF_THE_APP),
    "post_fork": (FILTER + """
    def post_fork(server, worker): add()
""", APP),
    "when_ready": (FILTER + """
    def when_ready(server): add()
""", APP),
    "level": ("", textwrap.dedent(APP) + "logging.getLogger('gunicorn.access').setLevel('WARNING')\n"),
    "handler": ("""
    import logging
    def post_fork(server, worker): logging.getLogger("gunicorn.error").addHandler(logging.StreamHandler())
""", APP),
}


@pytest.mark.parametrize("name", TOUCHES)
def test_a_filter_that_has_no_effect_is_told_and_what_helps(serve, name):
    config, app = TOUCHES[name]
    run = serve(config + "\n    accesslog = '-'\n", app=app)
    run.wait_line(r"\[WARNING\] the logger gunicorn\.\w+ has filters, handlers or a level of its own, but the server")
    told = next(line for line in run.lines if " set logconfig_dict" in line)
    run.stop()
    helped = serve(config + "\n    accesslog = '-'\n    " + told.rpartition(" set ")[2] + "\n", app=app)
    for path in ("/health", "/last"):
        helped.get(path)
    helped.stop()
    assert not any("has filters" in line for line in helped.lines)
    if name in ("app", "post_fork", "when_ready"):
        requests = [line for line in helped.lines if "HTTP/1.1" in line]
        assert len(requests) == 1 and "/last" in requests[0]


def test_a_filter_that_outlives_the_file_still_has_effect_after_a_reload(serve):
    run = serve("""
        import logging, sys
        if not hasattr(sys, "not_none"):
            sys.not_none = lambda record: "/none" not in record.getMessage()
        logging.getLogger("gunicorn.access").addFilter(sys.not_none)
        accesslog = "-"
    """)
    os.kill(run.pid, signal.SIGHUP)
    run.wait_line(r"reloaded: 1 workers")
    for path in ("/none", "/last"):
        run.get(path)
    run.wait_line("/last")
    assert not any("/none" in line for line in run.lines)


STATSD = '''
    from gunicorn.instrument.statsd import Statsd
    class Mine(Statsd):
        pass
    logger_class = Mine
'''


EXTRA = '''
    def post_worker_init(worker):
        worker.log.info("carts", extra={"metric": "shop.carts", "value": 3, "mtype": "gauge"})
'''


@pytest.mark.parametrize("text", [
    "", FILES["partial dict"], FILES["changed in its place"], STATSD, 'logger_class = "gunicorn.instrument.statsd.Statsd"'])
def test_metrics_are_sent_once_whoever_sends_them(serve, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(10)
        run = serve(textwrap.dedent(text) + textwrap.dedent(EXTRA), "-w", "1", "--statsd-host", "127.0.0.1:%d" % daemon.getsockname()[1], "--statsd-prefix", "pp")
        run.get("/none")
        run.get("/fails")
        found = []
        while not any("status.500" in line for line in found):
            found += daemon.recv(4096).decode().split("\n")
        names = [line.split(":")[0] for line in found]
        assert names.count("pp.gunicorn.request.status.404") == 1
        assert names.count("pp.gunicorn.requests") == sum("request.status" in name for name in names)
        assert names.count("pp.gunicorn.log.exception") == 1 and "pp.gunicorn.log.error" not in names
        assert "pp.gunicorn.workers" in names and found.count("pp.shop.carts:3|g") == 1
