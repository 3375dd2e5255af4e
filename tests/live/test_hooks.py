# SPDX-License-Identifier: MIT
"""Server hooks and config files in Python, under gcorn and gunicorn alike: when each hook is called, with
what, and what comes of one that raises.
"""
import os
import re
import signal
import subprocess
import textwrap

import pytest

from harness import places
from harness.hooked import BOTH, Hooked
from harness.process import Process, wait_until
from harness.server import environment, gcorn_argv, gunicorn_argv

ALL_HOOKS = '''
    import os

    def note(text):
        with open(os.environ["NOTES"], "a") as file:
            file.write(text + "\\n")

    def on_starting(server):
        note(f"on_starting {server.cfg.workers} {server.num_workers} {len(server.WORKERS)}")
        server.kept = "kept"

    def when_ready(server):
        note(f"when_ready {len(server.LISTENERS)} {server.kept} {server.pid == os.getpid()}")
        server.log.info("a line of %s", "when_ready")

    def nworkers_changed(server, new, old):
        note(f"nworkers_changed {new} {old}")

    def pre_fork(server, worker):
        worker.kept = "mine"
        note(f"pre_fork {worker.age} {worker.pid}")

    def post_fork(server, worker):
        note(f"post_fork {worker.age} {worker.pid == os.getpid()} {worker.kept} {server.pid == os.getppid()}")

    def post_worker_init(worker):
        note(f"post_worker_init {worker.age} {worker.booted} {worker.nr}")

    def pre_request(worker, req):
        note(f"pre_request {worker.nr} {req.method} {req.uri} {req.path} {req.query} {req.version}"
             f" {dict(req.headers)['X-A']} {req.scheme} {req.remote_addr[0]}")

    def post_request(worker, req, environ, resp):
        headers = sorted(name for name, value in resp.headers)
        note(f"post_request {req.path} {environ['HTTP_X_A']} {resp.status} {resp.status_code} {resp.sent}"
             f" {headers} {resp.response_length}")

    def worker_exit(server, worker):
        note(f"worker_exit {worker.age} {worker.nr} {worker.kept} {worker.alive}")

    def child_exit(server, worker):
        note(f"child_exit {worker.age} {worker.kept}")

    def on_reload(server):
        note("on_reload")

    def on_exit(server):
        note("on_exit")
'''


def life(one):
    """What the hooks note of a start, a request and an end."""
    one.wait_note("post_worker_init")
    assert one.server.get("/hello?a=b", [("X-A", "1")]).status == 200
    one.wait_note("post_request")
    assert one.server.stop() == 0, one.server.log
    return one.notes


def test_every_hook_is_called_as_by_gunicorn(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    ours = life(Hooked(tmp_path / "a", gcorn_argv, ALL_HOOKS))
    theirs = life(Hooked(tmp_path / "b", gunicorn_argv, ALL_HOOKS))
    assert ours == theirs


def test_hooks_log_to_the_error_log(hooked):
    one = hooked(gcorn_argv, ALL_HOOKS)
    one.server.wait_log(r"\[INFO\] a line of when_ready$")


@BOTH
def test_more_and_fewer_workers_are_told(hooked, argv_of):
    one = hooked(argv_of, ALL_HOOKS)
    one.wait_note("post_worker_init 1")
    os.kill(one.server.pid, signal.SIGTTIN)
    one.wait_note("post_worker_init 2")
    os.kill(one.server.pid, signal.SIGTTOU)
    one.wait_note("child_exit")
    assert [note for note in one.notes if note.startswith("nworkers")] == [
        "nworkers_changed 1 None", "nworkers_changed 2 1", "nworkers_changed 1 2"]


@BOTH
def test_a_reload_is_told_and_its_hooks_are_those_of_the_new_file(hooked, argv_of, tmp_path):
    one = hooked(argv_of, ALL_HOOKS)
    one.wait_note("post_worker_init 1")
    config = tmp_path / "conf.py"
    config.write_text(config.read_text().replace('"on_reload"', '"on_reload again"'))
    os.kill(one.server.pid, signal.SIGHUP)
    one.wait_note("on_reload again")
    one.wait_note("child_exit 1 mine")


@pytest.mark.parametrize("hook, code", [
    ("on_starting(server)", 1), ("when_ready(server)", 1), ("nworkers_changed(server, new, old)", 1),
    ("pre_fork(server, worker)", 255), ("post_fork(server, worker)", 3), ("post_worker_init(worker)", 3)])
@BOTH
def test_a_hook_that_raises_at_the_start_ends_it(hooked, argv_of, hook, code):
    one = hooked(argv_of, f"def {hook}: raise ValueError('on purpose')\n", starts=False)
    process = Process([one.argv[0], "-b", "127.0.0.1:0", *one.argv[1:]], env=environment(one.env),
                      cwd=places.APPS)
    assert process.wait_exit() == code, process.log
    assert "ValueError: on purpose" in process.log
    assert "conf.py" in process.log


@BOTH
def test_a_pre_request_that_raises_is_a_500(hooked, argv_of):
    one = hooked(argv_of, '''
        import os
        def pre_request(worker, req):
            if req.path == "/refuse":
                raise ValueError("on purpose")
        def post_request(worker, req, environ, resp):
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"{req.path} {len(environ)} {resp}\\n")
            raise ValueError("swallowed")
    ''')
    assert one.server.get("/refuse").status == 500
    assert one.server.get("/hello").status == 200
    one.wait_note("/hello")
    assert one.notes[0] == "/refuse 0 None"
    one.server.wait_log("ValueError: on purpose")
    one.server.wait_log("ValueError: swallowed")
    assert one.server.stop() == 0


@BOTH
def test_a_post_request_may_take_fewer_arguments(hooked, argv_of):
    one = hooked(argv_of, '''
        import os
        def post_request(worker, req):
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"{worker.nr} {req.path}\\n")
    ''')
    one.server.get("/hello")
    one.wait_note("1 /hello")
    assert one.server.stop() == 0


@BOTH
def test_worker_int_is_called_at_a_quick_stop(hooked, argv_of):
    one = hooked(argv_of, '''
        import os
        def worker_int(worker):
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"worker_int {worker.pid == os.getpid()}\\n")
    ''')
    one.server.get("/hello")
    assert one.server.stop(signal.SIGINT) == 0
    assert one.notes == ["worker_int True"]


@BOTH
def test_worker_abort_sees_the_stack_of_a_request_that_takes_too_long(hooked, argv_of):
    one = hooked(argv_of, '''
        import os, traceback
        def worker_abort(worker):
            frames = " ".join(frame.name for frame in traceback.extract_stack())
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"worker_abort {frames}\\n")
    ''', "--timeout", "1")
    server = one.server
    with server.connect() as connection:
        connection.request("GET", "/sleep/30000")
        one.wait_note("worker_abort")
    assert "app sleep" in one.notes[0]


@BOTH
@pytest.mark.parametrize("signum, hook", [(signal.SIGINT, "worker_int"), (signal.SIGABRT, "worker_abort")])
def test_a_worker_told_to_leave_while_it_boots_says_where_it_was(hooked, tmp_path, argv_of, signum, hook):
    (tmp_path / "hangs.py").write_text(textwrap.dedent("""
        import os, time
        def connect_for_ever():
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"loading {os.getpid()}\\n")
            time.sleep(60)
        connect_for_ever()
    """))
    one = hooked(argv_of, """
        import os, traceback
        def note(text):
            with open(os.environ["NOTES"], "a") as file:
                file.write(text + "\\n")
        def worker_int(worker):
            note("worker_int " + " ".join(frame.name for frame in traceback.extract_stack()))
        def worker_abort(worker):
            note("worker_abort " + " ".join(frame.name for frame in traceback.extract_stack()))
        def worker_exit(server, worker):
            note(f"worker_exit {worker.age}")
    """, app="hangs:app")
    one.wait_note("loading")
    os.kill(int(one.notes[0].split()[1]), signum)
    wait_until(lambda: sum(note.startswith("loading") for note in one.notes) == 2, "the next worker loads")
    loading, told, left = one.notes[:3]
    assert told.startswith(hook) and "connect_for_ever" in told
    assert left == "worker_exit 1"
    assert not re.search("cannot be|sys.exit|failed to boot", one.server.log)


@BOTH
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT, signal.SIGABRT])
def test_worker_exit_is_called_in_a_worker_told_to_leave_while_it_boots(hooked, tmp_path, argv_of, signum):
    (tmp_path / "told.py").write_text(textwrap.dedent(f"""
        import os
        with open(os.environ["NOTES"], "a+") as file:
            file.write("loading\\n")
            file.flush()
            file.seek(0)
            if file.read().count("loading") == 1:
                os.kill(os.getpid(), {int(signum)})
        def app(environ, start_response):
            start_response("200 OK", [])
            return [b"up"]
    """))
    one = hooked(argv_of, """
        import os
        def worker_exit(server, worker):
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"worker_exit {worker.age}\\n")
    """, app="told:app")
    wait_until(lambda: one.notes.count("loading") == 2, "the next worker loads")
    assert one.notes[:2] == ["loading", "worker_exit 1"]
    assert one.server.get("/").text == "up"
    assert one.server.stop() == 0
    assert one.notes[3:] == ["worker_exit 2"]
    assert not re.search("cannot be|sys.exit|failed to boot|Traceback", one.server.log)


def test_a_stop_that_all_processes_are_told_of_ends_a_boot_that_hangs_and_lets_worker_exit_end(hooked, tmp_path):
    """As systemd does it: the worker hears of it twice, the second time when it is on its way out."""
    (tmp_path / "hangs.py").write_text("import sys, time\nsys.stderr.write('loading\\n')\ntime.sleep(3600)\n")
    one = hooked(gcorn_argv, """
        import os, time
        def worker_exit(server, worker):
            time.sleep(0.3)
            with open(os.environ["NOTES"], "a") as file:
                file.write("worker_exit\\n")
    """, "--graceful-timeout", "600", app="hangs:app")
    one.server.wait_log("loading")
    worker, = one.server.workers
    os.kill(one.server.pid, signal.SIGTERM)
    os.kill(worker, signal.SIGTERM)
    assert one.server.wait_exit() == 0
    assert one.notes == ["worker_exit"]


@BOTH
def test_a_hook_may_end_its_worker(hooked, argv_of):
    one = hooked(argv_of, '''
        import os
        def post_request(worker, req, environ, resp):
            if req.path == "/hello":
                worker.alive = False
        def child_exit(server, worker):
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"child_exit {worker.age}\\n")
    ''')
    one.server.get("/hello")
    one.wait_note("child_exit 1")
    assert one.server.get("/environ").status == 200
    assert one.server.stop() == 0


def test_hooks_of_a_yaml_file_are_found_by_name(hooked, tmp_path):
    (tmp_path / "myhooks.py").write_text(textwrap.dedent(ALL_HOOKS))
    names = ("on_starting", "when_ready", "pre_fork", "post_fork", "post_request", "worker_exit", "on_exit")
    text = "".join(f"{name}: myhooks:{name}\n" for name in names)
    one = hooked(gcorn_argv, text, name="conf.yaml")
    one.server.get("/hello", [("X-A", "1")])
    one.wait_note("post_request")
    assert one.server.stop() == 0
    assert [note.split()[0] for note in one.notes] == list(names)


def test_all_wrong_hooks_of_a_yaml_file_are_told_with_their_place(tmp_path):
    (tmp_path / "myhooks.py").write_text("def one(server): pass\n")
    (tmp_path / "broken.py").write_text("raise OSError('on purpose')\n")
    (tmp_path / "gcorn.yaml").write_text(
        "pre_fork: myhooks:one\non_exit: myhooks:two\nworker_int: no_such:three\npost_fork: broken:four\n"
        "ssl_context: myhooks:one\n")
    done = subprocess.run([places.GCORN, "--check-config", "probe:app"], cwd=tmp_path, text=True,
                          env=environment({"PYTHONPATH": str(places.APPS)}), stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1
    for said in ("gcorn.yaml:1:11: pre_fork: myhooks:one: myhooks.one must take 2 positional arguments",
                 "gcorn.yaml:2:10: on_exit: myhooks:two: AttributeError: module 'myhooks' has no attribute 'two'",
                 "gcorn.yaml:3:13: worker_int: no_such:three: ModuleNotFoundError: No module named 'no_such'",
                 "gcorn.yaml:4:12: post_fork: broken:four: OSError: on purpose",
                 "gcorn.yaml:5:14: ssl_context: myhooks:one: myhooks.one must take 2 positional arguments"):
        assert f"config file, {said}" in done.stderr, done.stderr
    assert 'broken.py", line 1, in <module>' in done.stderr


def test_worker_hooks_of_a_yaml_file_need_no_python_in_the_arbiter(hooked, tmp_path):
    (tmp_path / "myhooks.py").write_text(textwrap.dedent(ALL_HOOKS))
    one = hooked(gcorn_argv, "post_request: myhooks:post_request\n", name="conf.yaml")
    one.server.get("/hello", [("X-A", "1")])
    one.wait_note("post_request")
    with open(f"/proc/{one.server.pid}/maps") as maps:
        assert "lib-dynload" not in maps.read()
    assert one.server.stop() == 0


@BOTH
def test_hooks_see_paths_that_are_not_text(hooked, argv_of, tmp_path):
    one = hooked(argv_of, """
        import os

        def when_ready(server):
            texts = [server.pidfile.fname, server.proc_name, *map(str, server.LISTENERS)]
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"{[os.path.basename(os.fsencode(text)) for text in texts]}\\n")
        """, "--pid", os.fsdecode(b"p\xff"), "--name", os.fsdecode(b"n\xff"),
        "--chdir", tmp_path, "--bind", os.fsdecode(b"unix:s\xff"), starts=False)
    process = Process(one.argv, env=environment(one.env), cwd=places.APPS)
    try:
        one.wait_note("[")
        assert one.notes == [str([b"p\xff", b"n\xff", b"unix:s\xff"])]
    finally:
        process.kill()


def test_hooks_see_preloaded_workers(hooked):
    one = hooked(gcorn_argv, "preload_app = True\n" + textwrap.dedent('''
        import os
        def note(text):
            with open(os.environ["NOTES"], "a") as file:
                file.write(text + "\\n")
        def post_fork(server, worker): note(f"post_fork {worker.age} {worker.pid == os.getpid()}")
        def post_request(worker, req, environ, resp): note(f"post_request {resp.status}")
        def child_exit(server, worker): note(f"child_exit {worker.age}")
    '''))
    assert one.server.get("/hello").status == 200
    one.wait_note("post_request")
    assert one.server.stop() == 0
    assert one.notes == ["post_fork 1 True", "post_request 200 OK", "child_exit 1"]


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["plain", "preload"])
@BOTH
def test_what_a_config_file_does_reaches_the_workers(hooked, argv_of, preload):
    one = hooked(argv_of, '''
        import os
        import gunicorn
        import builtins
        os.environ["FROM_CONFIG"] = "yes"
        builtins.from_config = "patched"
        gunicorn.SERVER = "disguised"
        gunicorn.SERVER_SOFTWARE = "disguise/1"
        raw_env = ["FROM_RAW=raw"]
        def post_worker_init(worker):
            with open(os.environ["NOTES"], "a") as file:
                file.write(f"{os.environ['FROM_CONFIG']} {from_config} {os.environ['FROM_RAW']}\\n")
        def post_request(worker, req, environ, resp):
            with open(os.environ["NOTES"], "a") as file:
                file.write(environ["SERVER_SOFTWARE"] + "\\n")
    ''', *preload)
    answer = one.server.get("/hello")
    assert answer["Server"] == "disguised"
    one.wait_note("disguise")
    assert one.notes == ["yes patched raw", "disguise/1"]
    assert one.server.stop() == 0


@BOTH
def test_the_name_of_the_server_may_be_empty(hooked, argv_of):
    one = hooked(argv_of, """
    import gunicorn
    gunicorn.SERVER = ""
    """)
    assert one.server.get("/hello")["Server"] == ""


def test_a_name_of_the_server_that_cannot_be_sent_is_told(hooked):
    one = hooked(gcorn_argv, """
    import gunicorn
    gunicorn.SERVER = "a\\nb"
    """)
    assert one.server.get("/hello")["Server"] == "gcorn"
    one.server.wait_log(r"\[WARNING\] gunicorn\.SERVER = 'a\\nb': expected up to 100 printable ASCII")


@pytest.mark.parametrize("moment", ["", "def on_starting(server): "], ids=["file", "on_starting"])
@BOTH
def test_threads_of_a_config_file_keep_no_signal_from_the_server(hooked, argv_of, moment):
    one = hooked(argv_of, f"""
    import os, threading
    {moment}threading.Thread(target=threading.Event().wait, daemon=True).start()
    def on_exit(server):
        with open(os.environ["NOTES"], "a") as file:
            file.write("on_exit\\n")
    """)
    first = one.server.wait_workers(1)
    os.kill(one.server.pid, signal.SIGHUP)
    wait_until(lambda: one.server.workers and not set(one.server.workers) & set(first), "another worker")
    os.kill(one.server.wait_workers(1)[0], signal.SIGKILL)
    assert one.server.get("/hello").status == 200
    assert one.server.stop() == 0, one.server.log
    assert one.notes == ["on_exit"]


def test_the_example_of_the_documentation_works(hooked):
    text = (places.ROOT / "docs" / "hooks.md").read_text()
    example = text.split("```python\n", 1)[1].split("```", 1)[0]
    one = hooked(gcorn_argv, example)
    one.server.wait_log(r"\[INFO\] serving on http://127.0.0.1:\d+$")
    assert one.server.get("/raises").status == 500
    one.server.wait_log(r"\[WARNING\] GET /raises was answered 500 ")
    assert one.server.stop() == 0
    one.server.wait_log(r"\[INFO\] worker \d+ had the age 1$")
