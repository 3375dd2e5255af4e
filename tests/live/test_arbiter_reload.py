# SPDX-License-Identifier: MIT
"""HUP: new code and settings come one worker at a time, and only if they work."""
import os
import signal

import pytest

from harness.life import children, is_alive, send, start, title, wait_until
from harness.load import Load

APP = """
import os, signal, sys, time
{extra}
def app(environ, start_response):
    body = b"{version} %d" % os.getpid()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


class Site:
    """An app and a configuration that a test changes, and the server that serves them, with all workers up."""

    def __init__(self, gcorn, folder, *args, config="", workers=1):
        self.folder = folder
        self.write("1")
        self.configure(config or f"workers: {workers}\n")
        self.server = gcorn("-c", str(folder / "gcorn.yaml"), "--log-level", "debug", "site_app:app", *args,
                            cwd=folder)
        self.server.wait_log("is ready", count=workers)

    def write(self, version, extra=""):
        """In one step, as a process may be reading it."""
        new = self.folder / "site_app.py.new"
        new.write_text(APP.format(version=version, extra=extra))
        new.replace(self.folder / "site_app.py")

    def configure(self, text):
        (self.folder / "gcorn.yaml").write_text("keepalive: 5\n" + text)

    def workers(self, count):
        """The pids of the workers, once there are `count` of them."""
        def are_there():
            pids = [pid for pid in self.server.workers if "worker" in title(pid)]
            return len(pids) == count and pids
        return wait_until(are_there, f"{count} workers")

    def version(self):
        return self.server.get("/").text.split()[0]

    def reload(self):
        done = self.server.log.count("reloaded:")
        send(self.server, signal.SIGHUP)
        self.server.wait_log("reloaded:", count=done + 1)

    def fail_to_reload(self, words, seconds=10):
        failed = self.server.log.count("reload failed")
        send(self.server, signal.SIGHUP)
        self.server.wait_log("reload failed.*" + words, seconds, count=1)
        assert self.server.log.count("reload failed") == failed + 1


@pytest.fixture(params=[(), ("--preload",)], ids=["plain", "preload"])
def site(gcorn, tmp_path, request):
    def make(*args, **options):
        return Site(gcorn, tmp_path, *args, *request.param, **options)
    return make


def test_a_reload_under_load_brings_the_new_code_and_loses_nothing(site):
    it = site(workers=2)
    old = set(it.workers(2))
    load = Load(it.server)
    for version in ("2", "3", "4"):
        it.write(version)
        it.reload()
        wait_until(lambda: load.answers[-1].split()[0] == version, f"version {version}")
    assert load.finish() > 0
    assert not old & set(it.workers(2))
    versions = [answer.split()[0] for answer in load.answers]
    assert set(versions) == {"1", "2", "3", "4"}


def test_settings_are_read_again(site):
    it = site()
    it.workers(1)
    it.configure("workers: 3\nproc_name: other\n")
    it.reload()
    it.workers(3)
    with open(f"/proc/{it.server.pid}/cmdline", "rb") as file:
        assert file.read().rstrip(b"\0") == b"gcorn: master [other]"
    it.configure("workers: 1\n")
    it.reload()
    it.workers(1)


def test_a_pidfile_that_cannot_be_written_leaves_the_one_of_before(gcorn, tmp_path):
    it = Site(gcorn, tmp_path, config=f"pidfile: {tmp_path}/pid\n")
    it.configure(f"pidfile: {tmp_path}/missing/pid\nproc_name: other\n")
    it.reload()
    it.server.wait_log(rf"ERROR\] cannot write the pidfile {tmp_path}/missing/pid: No such file .*; "
                       rf"the one of before stays: {tmp_path}/pid$")
    assert title(it.server.pid) == "gcorn: master [other]"
    assert (tmp_path / "pid").read_text() == f"{it.server.pid}\n"
    assert it.server.stop() == 0
    assert not (tmp_path / "pid").exists()


HOOKS = """
def on_reload(server):
    server.log.info("it reloads with %s", server.pidfile.fname)
def on_exit(server):
    server.log.info("it was %s", server.pidfile.fname)
"""


def test_a_relative_pidfile_moves_with_its_directory(gcorn, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    hooks = tmp_path / "hooks.py"

    def configure(folder):
        hooks.write_text(f"{HOOKS}\npidfile = 'pid'\nchdir = '{folder}'\npythonpath = '{tmp_path}'\n")
    for folder in (one, two):
        folder.mkdir()
    configure(one)
    it = Site(gcorn, tmp_path, "-c", str(hooks))
    assert (one / "pid").read_text() == f"{it.server.pid}\n"
    configure(two)
    it.reload()
    assert (two / "pid").read_text() == f"{it.server.pid}\n"
    assert not (one / "pid").exists()
    configure(one)
    it.write("2", "time.sleep(60)")
    send(it.server, signal.SIGHUP)
    it.server.wait_log("one worker tries the new settings", count=2)
    assert it.server.stop() == 0
    assert not (two / "pid").exists()
    assert "it reloads with pid\n" in it.server.log and "it was pid\n" in it.server.log


def test_nobody_keeps_the_access_log_of_old(site, tmp_path):
    """A file that was removed needs its place on the disk as long as one has it open."""
    it = site(config=f"accesslog: {tmp_path}/old\n")
    old = set(children(it.server.pid))
    it.configure(f"accesslog: {tmp_path}/new\n")
    it.reload()
    wait_until(lambda: not old & set(children(it.server.pid)), "the end of the old processes")
    for pid in (it.server.pid, *children(it.server.pid)):
        links = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
        assert str(tmp_path / "new") in links and str(tmp_path / "old") not in links, title(pid)


def test_workers_added_by_ttin_go_with_a_reload(site):
    it = site()
    it.workers(1)
    send(it.server, signal.SIGTTIN)
    it.workers(2)
    it.reload()
    it.workers(1)


@pytest.mark.parametrize("signum, count", [(signal.SIGTTIN, 3), (signal.SIGTTOU, 1)], ids=["more", "fewer"])
def test_a_number_of_workers_that_is_ordered_during_a_reload_holds(site, signum, count):
    it = site(workers=2)
    send(it.server, signal.SIGHUP)
    send(it.server, signum)
    it.server.wait_log(f"reloaded: {count} workers")
    it.workers(count)


@pytest.mark.parametrize("extra, words", [
    ("def broken(:", "left with code 3"),
    ("import no_such_module", "left with code 3"),
    ("raise RuntimeError('mean')", "left with code 3"),
    ("sys.exit(0)", "left with code 0"),
    ("sys.exit(7)", "left with code 7"),
    ("os._exit(0)", "left with code 0"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL"),
    ("time.sleep(60)", "was not up within timeout")])
def test_code_that_does_not_load_leaves_the_old_serving(site, extra, words):
    it = site(*(("-t", "3") if "timeout" in words else ()), workers=2)
    old = set(it.workers(2))
    load = Load(it.server)
    it.write("2", extra)
    it.fail_to_reload(words)
    assert set(it.workers(2)) == old
    it.write("3")
    it.reload()
    wait_until(lambda: load.answers[-1].split()[0] == "3", "version 3")
    load.finish()
    assert "2" not in {answer.split()[0] for answer in load.answers}


@pytest.mark.parametrize("config, words", [
    ("workers: many\n", "workers"), ("workers: [\n", "gcorn.yaml"), ("no_such_setting: 1\n", "no_such_setting"),
    ("errorlog: /nowhere/at/all\n", "left with code 3"),
    ("accesslog: /nowhere/at/all\n", "/nowhere/at/all")])
def test_settings_that_are_wrong_leave_the_old_serving(site, config, words):
    it = site()
    it.write("2")
    it.configure(config)
    it.fail_to_reload(words)
    assert it.version() == "1"
    it.configure("workers: 1\n")
    it.reload()
    assert it.version() == "2"


def test_a_reload_overtakes_one_that_hangs(site):
    it = site(workers=2)
    before = len(it.server.workers)
    it.write("2", "time.sleep(60)")
    send(it.server, signal.SIGHUP)
    it.server.wait_log("reloading: one worker tries")
    wait_until(lambda: len(it.server.workers) > before, "the attempt")
    it.write("3")
    it.reload()
    assert it.version() == "3"
    it.workers(2)


def test_a_storm_of_reloads_ends_with_the_last_code(site):
    it = site(workers=2)
    load = Load(it.server)
    for number in range(30):
        it.write(str(number))
        send(it.server, signal.SIGHUP)
    wait_until(lambda: it.version() == "29", "the last code")
    it.workers(2)
    load.finish()
    assert "failed" not in it.server.log


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT])
@pytest.mark.parametrize("args", [(), ("--preload",)], ids=["plain", "preload"])
def test_a_stop_ends_the_first_boot(tmp_path, args, signum):
    (tmp_path / "site_app.py").write_text("print('is imported', flush=True)\nimport time\ntime.sleep(60)\n")
    server = start("-b", "127.0.0.1:0", "-w", "2", *args, "site_app:app", cwd=tmp_path)
    server.wait_log("is imported")
    assert server.stop(signum, seconds=5) == 0


def test_a_stop_ends_a_reload(site):
    it = site()
    before = len(it.server.workers)
    it.write("2", "time.sleep(60)")
    send(it.server, signal.SIGHUP)
    wait_until(lambda: len(it.server.workers) > before, "the attempt")
    assert it.server.stop(seconds=5) == 0


def test_crashes_at_boot_after_a_good_start_are_repeated_with_growing_pauses(gcorn, tmp_path):
    it = Site(gcorn, tmp_path)
    worker, = it.workers(1)
    it.write("2", "sys.exit(1)")
    os.kill(worker, signal.SIGKILL)
    it.server.wait_log(r"in 0\.25 s")
    it.server.wait_log(r"in 0\.50 s")
    it.server.wait_log(r"in 1\.00 s")
    it.write("3")
    assert it.version() == "3"


def only_preloader(server):
    """The pid of the process that preloads, if there is one and not also the last one still."""
    pids = [pid for pid in server.workers if "preload" in title(pid)]
    return pids[0] if len(pids) == 1 else None


def test_preloaded_workers_share_what_was_loaded_once(gcorn, tmp_path):
    it = Site(gcorn, tmp_path, "--preload", workers=3)
    (tmp_path / "count").write_text("")
    it.write("2", "open('count', 'a').write('x')")
    it.reload()
    it.workers(3)
    assert (tmp_path / "count").read_text() == "x"
    for pid in it.workers(3):
        os.kill(pid, signal.SIGKILL)
    it.server.wait_log("is ready", count=9)
    assert (tmp_path / "count").read_text() == "x"


def test_the_preloading_process_is_replaced_if_it_dies(gcorn, tmp_path):
    it = Site(gcorn, tmp_path, "--preload", workers=2)
    load = Load(it.server)
    preloader = only_preloader(it.server)
    workers = set(it.workers(2))
    os.kill(preloader, signal.SIGKILL)
    it.server.wait_log("the process that preloads the app was killed by SIGKILL")
    wait_until(lambda: only_preloader(it.server) not in (None, preloader), "another one")
    assert set(it.workers(2)) == workers
    os.kill(workers.pop(), signal.SIGTERM)
    it.server.wait_log("is ready", count=3)
    load.finish()


# Holds the process in between up, after it has forked the worker and before it reports that.
HELD_UP = """
import ctypes
preloader = os.getpid()
def hold_up():
    if os.getpid() != preloader and os.path.exists("hold"):
        with open("between.new", "w") as file:
            file.write(str(os.getpid()))
        os.rename("between.new", "between")
        while os.path.exists("hold"):
            time.sleep(0.01)
held_up = ctypes.CFUNCTYPE(None)(hold_up)
ctypes.CDLL(None).__register_atfork(None, held_up, None, None)
"""


@pytest.mark.parametrize("who", ["preloader", "between", "both"])
def test_a_worker_whose_birth_nobody_could_report_does_not_serve_uncounted(gcorn, tmp_path, who):
    it = Site(gcorn, tmp_path, "--preload", workers=2)
    it.write("2", HELD_UP)
    it.reload()
    hold = tmp_path / "hold"
    hold.touch()
    preloader = wait_until(lambda: only_preloader(it.server), "one preloading process")
    send(it.server, signal.SIGTTIN)
    between = wait_until(lambda: (tmp_path / "between").exists() and int((tmp_path / "between").read_text()),
                         "the process in between")
    if who == "both":  # in this order, so that the worker is there and only itself can say so
        os.kill(preloader, signal.SIGSTOP)
        os.kill(between, signal.SIGKILL)
        it.server.wait_log(r"worker 5 \(pid \d+\) boots")
    os.kill(between if who == "between" else preloader, signal.SIGKILL)
    if who != "between":
        it.server.wait_log("the process that preloads the app was killed by SIGKILL")
    hold.unlink()
    it.server.wait_log("is ready", count=5)
    wait_until(lambda: not is_alive(between), "its end")
    wait_until(lambda: only_preloader(it.server), "one preloading process")
    old = it.workers(3)
    it.write("3")
    it.reload()  # which undoes TTIN
    wait_until(lambda: not any(map(is_alive, old)), "the end of the old workers")
    assert len(it.workers(2)) == 2
    assert it.version() == "3"


@pytest.mark.parametrize("spec, code", [
    ("raises_at_import:app", 1), ("life:no_such_name", 1), ("exits:app", 5)])
def test_a_first_start_that_cannot_preload_ends_as_gunicorns_does(spec, code, tmp_path):
    (tmp_path / "exits.py").write_text("import sys\nsys.exit(5)\n")
    server = start("-b", "127.0.0.1:0", "--preload", "--pythonpath", str(tmp_path), spec)
    assert server.wait_exit(10) == code
    assert "gcorn stops: the app could not be loaded" in server.log


def test_a_killed_arbiter_takes_the_preloading_process_along(gcorn, tmp_path):
    it = Site(lambda *args, **options: gcorn(*args, expect=-signal.SIGKILL, **options), tmp_path, "--preload")
    pids = it.server.workers
    os.kill(it.server.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)), "the end of all", 5)


def test_threads_and_atexit_functions_of_a_preloaded_app_live_where_they_were_made(gcorn, tmp_path):
    it = Site(gcorn, tmp_path, "--preload")
    it.write("2", "import atexit\natexit.register(lambda: open(f'left-{os.getpid()}', 'w').close())")
    it.reload()
    preloader = wait_until(lambda: only_preloader(it.server), "one preloading process")
    assert it.server.stop() == 0
    assert (tmp_path / f"left-{preloader}").exists()


def test_an_atexit_function_of_a_preloaded_app_has_no_longer_than_workers(gcorn, tmp_path):
    it = Site(gcorn, tmp_path, "--preload", "--graceful-timeout", "1")
    it.write("2", "import atexit\natexit.register(lambda: time.sleep(10))")
    it.reload()
    assert it.server.stop(seconds=3) == 0
