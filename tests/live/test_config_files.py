# SPDX-License-Identifier: MIT
"""Config files as people have them (configs/), under gunicorn and under gcorn: both are started with the same
file, asked the same, sent the same signals, and must have answered and called the hooks alike. What differs on
purpose is listed in docs/migrating-from-gunicorn.md. Each file is also read as it is, and where it imports
gunicorn once more without that package, which gcorn then stands in for.
"""
import json
import os
import re
import signal
import subprocess
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import places
from harness.addresses import free_address
from harness.process import Process, children, wait_until
from harness.server import environment, gcorn_argv, gunicorn_argv
from harness.wire import Connection

pytest.importorskip("gunicorn", reason="gunicorn needs a newer Python")

CONFIGS = Path(__file__).parent / "configs"
HELPERS = {"recorder"}
NAMES = sorted(path.stem for path in CONFIGS.glob("*.py") if path.stem not in HELPERS)
IMPORTERS = [name for name in NAMES if re.search("^(import|from) gunicorn", (CONFIGS / f"{name}.py").read_text(), re.M)]
UNIX = {"flask_unix": "app.sock", "several_binds": "second.sock", "socket_mode": "run/app.sock"}
OWN_APP = {"django_deploy", "django_env"}  # wsgi_app is in the file
VARIABLES = {
    "docker_env": {"GUNICORN_WORKERS": "2", "GUNICORN_TIMEOUT": "45", "GUNICORN_THREADS": "3",
                   "GUNICORN_LOGLEVEL": "debug", "GUNICORN_FORWARDED_ALLOW_IPS": "10.0.0.1"},
    "docker_shm": {"PYTHON_MAX_THREADS": "2"},
    "heroku": {"WEB_CONCURRENCY": "2"},
    "computed": {"WORKERS_PER_CORE": "0.5", "LOG_LEVEL": "warning"},
    "old_style": {"FORWARDED_ALLOW_IPS": "*"},
    "analytics": {"APP_COLOUR": "blue", "SERVER_THREADS_AMOUNT": "4"},
}
SIGNALS = {  # to whom, which, and the event that shows that it was taken, and how often
    "all_hooks": [("server", signal.SIGHUP, "child_exit", 1), ("worker", signal.SIGINT, "load", 3)],
    "reloads": [("server", signal.SIGHUP, "child_exit", 1), ("server", signal.SIGTTIN, "load", 3)],
    "recycled": [("server", 0, "post_fork", 2), ("server", 0, "child_exit", 1)],
    "sentry": [("worker", signal.SIGABRT, "load", 2)],
    "stack_dumps": [("worker", signal.SIGABRT, "load", 2), ("worker", signal.SIGINT, "load", 3)],
    "with_gunicorn": [("worker", signal.SIGINT, "load", 2)],
}
REQUESTS = (
    ("GET", "/hello?a=b", [("User-Agent", "probe/1"), ("X-Forwarded-Proto", "https")], b""),
    ("POST", "/print", [("X-Forwarded-For", "1.2.3.4"), ("X-Scheme", "https")], b"body"),
    ("GET", "/" + "a" * 300, [], b""),
    ("GET", "/fields", [(f"X-{number}", "1") for number in range(20)], b""),
)
LISTED_STATUS = {414: 400}  # gcorn's: gunicorn's, by docs/migrating-from-gunicorn.md
HOOKS_OF_REQUESTS = ("pre_request", "post_request")


def app_of(name):
    return [] if name in OWN_APP else ["app"]


def variables_of(folder, name):
    path = [CONFIGS, CONFIGS / "stubs", CONFIGS / "project"]
    return {"RECORD": str(folder / "record"), "PYTHONPATH": os.pathsep.join(map(str, path)), **VARIABLES.get(name, {})}


class Run(Process):
    """A server with one of the files, in an empty folder."""

    def __init__(self, folder, name, argv_of, env=None):
        folder.mkdir()
        folder.chmod(0o755)
        self.folder, self.name = folder, name
        (folder / "wrapped.py").write_text(
            f"__file__ = {str(CONFIGS / (name + '.py'))!r}\n"
            "exec(compile(open(__file__, 'rb').read(), __file__, 'exec'))\n"
            "import recorder\nrecorder.install(globals())\n")
        host, port = free_address()
        self.address = str(folder / UNIX[name]) if name in UNIX else (host, port)
        bind = [] if name in UNIX else ["-b", f"{host}:{port}"]
        variables = variables_of(folder, name) | {"PORT_ONE": str(port)} | (env or {})
        super().__init__(argv_of("-c", "wrapped.py", *bind, *app_of(name)), env=environment(variables), cwd=folder)

    @property
    def text(self):
        return (CONFIGS / f"{self.name}.py").read_text()

    @property
    def preloads(self):
        return "preload_app" in self.text and "preload_app = False" not in self.text

    @property
    def events(self):
        path = self.folder / "record"
        whole = path.read_text().rpartition("\n")[0] if path.exists() else ""  # one may be being written
        return [json.loads(line) for line in whole.splitlines()]

    def count(self, event):
        return sum(entry["event"] == event for entry in self.events)

    def is_up(self):
        """True once each worker has loaded the app, or has been forked from a process that has, and has said so."""
        assert self.popen.poll() is None, self._report("it has ended")
        events = self.events
        wanted = [entry["workers"] for entry in events if entry["event"] == "config"]
        born = {entry["pid"] for entry in events if entry["event"] == "post_fork"}
        last = "post_worker_init" if "def post_worker_init" in self.text else "load"
        loaded = {entry["pid"] for entry in events if entry["event"] == last}
        ready = max(len(born), len(loaded)) if self.preloads else len(loaded)
        return wanted and ready >= wanted[0]

    def ask(self, method, target, fields, body):
        try:
            with Connection(self.address, 10) as connection:
                connection.request(method, target, [*fields, ("Connection", "close")], body)
                answer = connection.response(method)
        except OSError as error:
            return type(error).__name__
        if answer.status != 200:
            return LISTED_STATUS.get(answer.status, answer.status)
        shown = [pair for pair in answer.fields if pair[0].lower() in ("x-app", "content-type", "connection")]
        return answer.status, shown, answer.body

    def wait_idle(self):
        """What has answered has booted, and its hooks say so; after post_request it does nothing more."""
        before = self.count("post_request")
        self.ask(*REQUESTS[0])
        if "def post_request" in self.text:
            wait_until(lambda: self.count("post_request") > before, "the end of the request")

    def signal(self, whom, signum, event, count):
        if whom == "worker":
            self.wait_idle()
        os.kill(self.pid if whom == "server" else children(self.pid)[0], signum)
        wait_until(lambda: self.count(event) >= count, f"{count} {event} in {self.name}: {self.log}", 20)


def act(*arguments):
    """Everything that one server did: {what: value}."""
    run = Run(*arguments)
    try:
        wait_until(run.is_up, f"{run.name} is up", 30)
        answers = [run.ask(*request) for request in REQUESTS]
        for step in SIGNALS.get(run.name, ()):
            run.signal(*step)
        after = run.ask(*REQUESTS[0])
        code = run.stop()
    except AssertionError as failure:
        raise AssertionError(f"{failure}\n{run.log}") from None
    finally:
        run.kill()
    log = run.log + "".join(path.read_text() for path in run.folder.rglob("*.log"))
    return {"code": code, "answers": [*answers, after], "log": log, "events": run.events, "pid": run.pid,
            "preloads": run.preloads,
            "left": sorted(str(path.relative_to(run.folder)) for path in run.folder.rglob("*"))}


def plain(event):
    """An event without what differs from process to process."""
    return {key: value for key, value in event.items() if key not in ("pid", "log")} | {
        "log": [re.sub(r"\d{2,}", "N", line).split("\n")[0] for line in event.get("log", ())]}


def in_order(events):
    """The arbiter's events; ends of workers in a row are sorted, since any may be the first."""
    ends = sorted((event for event in events if event["event"] == "child_exit"), key=json.dumps)
    return [ends.pop(0) if event["event"] == "child_exit" else event for event in events]


def by_process(run):
    """The events of the arbiter, of each worker, and of requests (which any worker may have served)."""
    arbiter, requests, changes, workers = [], [], [], {}
    for event in run["events"]:
        if event["event"] in HOOKS_OF_REQUESTS:
            requests.append(plain(event))
        elif event["event"] == "config" or event["event"] == "load" and run["preloads"]:
            continue  # how often, and where, is each server's own business
        elif event["event"] == "nworkers_changed":
            changes.append(plain(event))  # by a reload it comes later under gcorn
        elif event["pid"] == run["pid"]:
            arbiter.append(plain(event))
        else:
            workers.setdefault(event["pid"], []).append(plain(event))
    return in_order(arbiter), sorted(workers.values(), key=json.dumps), requests, changes


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory):
    """{(name, server): what it did, as a future}; several run at once, since most of the time is waiting."""
    names = [item.callspec.params["name"] for item in request.session.items
             if item.path == request.path and "outcomes" in item.fixturenames]
    folder = tmp_path_factory.mktemp("configs")
    with ThreadPoolExecutor(4) as pool:
        yield {(name, server): pool.submit(act, folder / f"{name}-{server}", name, argv_of)
               for name in dict.fromkeys(names)
               for server, argv_of in (("gunicorn", gunicorn_argv), ("gcorn", gcorn_argv))}


@pytest.mark.parametrize("name", NAMES)
def test_both_servers_do_the_same(outcomes, name):
    theirs, ours = (outcomes[name, server].result() for server in ("gunicorn", "gcorn"))
    assert ours["code"] == theirs["code"], ours["log"]
    assert ours["answers"] == theirs["answers"]
    for mine, its, who in zip(by_process(ours), by_process(theirs), ("arbiter", "workers", "requests", "changes")):
        assert mine == its, who
    assert ours["left"] == theirs["left"]
    for run in (theirs, ours):
        for message in (line for event in run["events"] for line in event.get("log", ())):
            assert message.split(": ", 1)[1].split("\n")[0] in run["log"]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_itself_is_taken(name, tmp_path):
    words = [places.GCORN, "--check-config", "-c", CONFIGS / f"{name}.py", *app_of(name)]
    done = subprocess.run(words, env=environment(variables_of(tmp_path, name)), cwd=tmp_path, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("refused/*.py")), ids=lambda path: path.stem)
def test_what_cannot_run_here_is_refused_in_plain_words(path, tmp_path):
    done = subprocess.run([places.GCORN, "-c", path, "-b", "127.0.0.1:0", "app"], cwd=tmp_path, text=True,
                          env=environment(variables_of(tmp_path, "")), stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1, done.stderr
    said = [line.split(f"{path}:", 1)[-1].split(": ", 1)[1] for line in done.stderr.splitlines() if str(path) in line]
    assert sorted(said) == sorted(re.findall("^# refused: (.*)", path.read_text(), re.M)), done.stderr


@pytest.mark.parametrize("name", IMPORTERS)
def test_gunicorn_need_not_be_installed(outcomes, name, tmp_path):
    venv.create(tmp_path / "empty")
    run = act(tmp_path / "run", name, gcorn_argv, {"VIRTUAL_ENV": str(tmp_path / "empty")})
    installed = outcomes[name, "gcorn"].result()
    assert run["answers"] == installed["answers"] and by_process(run) == by_process(installed), run["log"]
    assert run["code"] == 0
