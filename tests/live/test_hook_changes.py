# SPDX-License-Identifier: MIT
"""What hooks may change by an assignment, under gcorn and gunicorn alike."""
import json
import os
import signal

import pytest

from harness import places
from harness.hooked import BOTH
from harness.process import Process
from harness.server import environment, gcorn_argv

WRAPPER = """
    def wrapped(inner):
        def app(environ, start_response):
            def start(status, headers, *rest):
                return start_response(status, [*headers, ("X-Wrapped", "yes")], *rest)
            return inner(environ, start)
        return app
"""


def end_of_start(one):
    """(exit code, log) of a server that must not start."""
    process = Process([one.argv[0], "-b", "127.0.0.1:0", *one.argv[1:]], env=environment(one.env),
                      cwd=places.APPS)
    return process.wait_exit(), process.log


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["plain", "preload"])
@BOTH
def test_an_app_that_a_hook_wraps_is_served(hooked, argv_of, preload):
    one = hooked(argv_of, WRAPPER + """
    def post_worker_init(worker):
        inner = worker.wsgi
        worker.wsgi = wrapped(inner)
        assert worker.wsgi is not inner
    """, *preload)
    for _ in range(2):
        assert one.server.get("/hello")["X-Wrapped"] == "yes"
    assert one.server.stop() == 0, one.server.log


@BOTH
def test_an_app_that_a_hook_wraps_keeps_its_name(hooked, argv_of):
    one = hooked(argv_of, WRAPPER + """
    import os
    def post_worker_init(worker):
        worker.wsgi = wrapped(worker.wsgi)
    def worker_exit(server, worker):
        same = worker.app.callable is worker.app.wsgi() is not worker.wsgi
        with open(os.environ["NOTES"], "a") as file:
            file.write(f"{worker.app.callable.__module__} {same}")
    """)
    assert one.server.get("/hello")["X-Wrapped"] == "yes"
    assert one.server.stop() == 0, one.server.log
    assert one.notes == ["probe True"]


@BOTH
def test_an_app_that_is_wrapped_between_requests_is_served(hooked, argv_of):
    one = hooked(argv_of, WRAPPER + """
    def pre_request(worker, req):
        if req.path == "/wrap":
            worker.wsgi = wrapped(worker.wsgi)
    """)
    assert one.server.get("/hello")["X-Wrapped"] is None
    one.server.get("/wrap")
    assert one.server.get("/hello")["X-Wrapped"] == "yes"


@BOTH
def test_the_callable_of_an_app_that_is_loaded_may_be_assigned_and_means_nothing(hooked, argv_of):
    one = hooked(argv_of, WRAPPER + """
    def post_worker_init(worker):
        worker.app.callable = wrapped(worker.app.callable)
        assert worker.app.callable is not worker.wsgi
    """)
    assert one.server.get("/hello")["X-Wrapped"] is None
    assert one.server.stop() == 0, one.server.log


@BOTH
def test_the_app_gets_the_request_that_a_hook_has_changed(hooked, argv_of):
    one = hooked(argv_of, """
    def pre_request(worker, req):
        if req.path.startswith("/shop/"):
            req.method, req.scheme, req.uri = "PUT", "https", "/elsewhere"
            req.path, req.query = "/environ" + req.path[5:], "a=1"
            req.headers.append(("X-ADDED", "yes"))
    """)
    found = json.loads(one.server.get("/shop/caf%C3%A9?b=2").body)
    names = ("REQUEST_METHOD", "wsgi.url_scheme", "RAW_URI", "PATH_INFO", "QUERY_STRING", "HTTP_X_ADDED")
    assert [found[name] for name in names] == ["PUT", "https", "/elsewhere", "/environ/caf\xc3\xa9", "a=1", "yes"]
    found = json.loads(one.server.get("/environ?b=2").body)
    assert [found.get(name) for name in names] == ["GET", "http", "/environ?b=2", "/environ", "b=2", None]


def test_what_is_no_app_is_refused_where_it_is_assigned(hooked):
    one = hooked(gcorn_argv, """
    def post_worker_init(worker):
        worker.wsgi = "shop:app"
    """, starts=False)
    code, log = end_of_start(one)
    assert code == 3
    assert "TypeError: worker.wsgi = 'shop:app': an app is a callable" in log


@pytest.mark.parametrize("hook", ["on_starting", "when_ready"])
@BOTH
def test_a_hook_chooses_the_number_of_workers(hooked, argv_of, hook):
    one = hooked(argv_of, f"""
    import os
    def note(text):
        with open(os.environ["NOTES"], "a") as file:
            file.write(text + "\\n")
    def {hook}(server):
        server.num_workers = 3
        note(f"now {{server.num_workers}} {{server.cfg.workers}}")
    def nworkers_changed(server, new, old):
        note(f"{{old}} {{new}}")
    """)
    one.server.wait_workers(3)
    assert one.notes == ["None 1", "1 3", "now 3 1"]
    os.kill(one.server.pid, signal.SIGTTOU)
    one.server.wait_workers(2)
    assert one.server.stop() == 0, one.server.log


@BOTH
def test_a_hook_changes_the_number_of_workers_while_they_run(hooked, argv_of):
    one = hooked(argv_of, """
    def child_exit(server, worker):
        server.num_workers = 2
    """)
    os.kill(one.server.wait_workers(1)[0], signal.SIGKILL)
    one.server.wait_workers(2)


@pytest.mark.parametrize("number", ["-1", "'two'", "4097"])
def test_a_number_of_workers_that_cannot_be_is_refused(hooked, number):
    one = hooked(gcorn_argv, f"""
    def when_ready(server):
        server.num_workers = {number}
    """, starts=False)
    code, log = end_of_start(one)
    assert code == 1
    assert f"ValueError: server.num_workers = {number}: expected a number from 0 to 4096" in log


@pytest.mark.parametrize("hook", ["on_starting(server)", "post_fork(server, worker)"])
@BOTH
def test_a_setting_that_a_hook_changes_reads_back(hooked, argv_of, hook):
    one = hooked(argv_of, f"""
    import os
    def {hook}:
        server.cfg.set("timeout", 120)
        with open(os.environ["NOTES"], "a") as file:
            file.write(f"{{server.cfg.timeout}} {{server.cfg.settings['timeout'].value}}\\n")
            file.write(f"{{'timeout' in str(server.cfg)}}\\n")
    """)
    assert one.server.get("/hello").status == 200
    assert one.notes == ["120 120", "True"]
    if argv_of is gcorn_argv:
        one.server.wait_log(r"\[WARNING\] the hook %s sets timeout to 120, too late: the server goes on with 30; "
                            r"write timeout = 120 in the config file$" % hook.partition("(")[0])
    assert one.server.stop() == 0, one.server.log


@BOTH
def test_the_environment_names_gunicorn_to_those_who_ask(hooked, argv_of):
    one = hooked(argv_of, """
    import os, subprocess, sys
    def post_worker_init(worker):
        with open(os.environ["NOTES"], "a") as file:
            file.write(os.environ["SERVER_SOFTWARE"] + "\\n")
        subprocess.call("echo $SERVER_SOFTWARE >> $NOTES; echo done >> $NOTES", shell=True)
    """)
    one.wait_note("done")
    assert one.notes[0] == one.notes[1] and one.notes[0].startswith("gunicorn/")
