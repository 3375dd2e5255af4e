# SPDX-License-Identifier: MIT
"""Server hooks: what they are called with, under the names that gunicorn's users know.

`server` and the workers are the same objects from call to call, so a hook may keep something in
them. What they say of the arbiter and its workers is as it was when the hook was called.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback

import _gcorn
import _gcorn_appspec as appspec
import _gcorn_configfile as configfile
import _gcorn_logs as logs
import _gcorn_report as report
import _gcorn_settings as settings
from _gcorn_exchange import Request, Response
from _gcorn_settings import Config, address

BOOTING = "[booting]"
COMBINED = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'


class App:
    """`server.app` and `worker.app`."""

    _callable = None

    def __init__(self, cfg, uri):
        self.cfg = cfg
        self.app_uri = uri

    @property
    def callable(self):
        """The app, None where it is not loaded."""
        return self._callable or appspec.loaded

    @callable.setter
    def callable(self, value):
        """Taken, as it is at gunicorn; the app that is served is the worker's `wsgi`."""
        self._callable = value

    def wsgi(self):
        if self.callable is None:
            raise RuntimeError("the app is loaded in the workers, not in this process")
        return self.callable


class Listener:
    """An entry of server.LISTENERS and worker.sockets."""

    def __init__(self, text, fd):
        self._text = text
        self._fd = fd
        self._sock = None

    def __str__(self):
        return self._text

    def fileno(self):
        return self._fd

    @property
    def sock(self):
        if self._sock is None:
            import socket

            self._sock = socket.socket(fileno=os.dup(self._fd))
        return self._sock

    def getsockname(self):
        return self.sock.getsockname()

    def close(self):
        raise RuntimeError("the listening sockets belong to the server: stop it instead")


class Pidfile:
    """server.pidfile."""

    def __init__(self, fname, pid):
        self.fname = fname
        self.pid = pid


class Server:
    """`server`: the arbiter."""

    WORKER_BOOT_ERROR = 3
    APP_LOAD_ERROR = 4
    SIG_QUEUE = ()
    LISTENERS = ()
    worker_age = 0
    master_pid = 0
    reexec_pid = 0
    dirty_arbiter_pid = 0
    systemd = False
    proc_name = None
    master_name = "Master"
    pidfile = None
    app = None
    cfg = None
    log = None

    def __init__(self):
        self.WORKERS = {}
        self.START_CTX = {"cwd": os.getcwd()}
        self._texts = ()
        self._num_workers = 0
        self._hooks = None

    def _update(self, hooks, facts):
        self._hooks = hooks
        self.app = hooks.app
        self.cfg = hooks.cfg
        self.log = hooks.log
        (
            self.pid,
            self.master_pid,
            self.reexec_pid,
            self._num_workers,
            self.worker_age,
            self.proc_name,
            pidfile,
            self.systemd,
            listeners,
            living,
        ) = facts
        self.pidfile = Pidfile(pidfile, self.pid) if pidfile else None
        self.master_name = "Master.2" if self.master_pid else "Master"
        if listeners != self._texts:
            self._texts = listeners
            self.LISTENERS = [Listener(text, fd) for text, fd in listeners]
        self.WORKERS = {pid: worker_of(hooks, age, pid) for pid, age in living}

    @property
    def num_workers(self):
        return self._num_workers

    @num_workers.setter
    def num_workers(self, value):
        """In a hook of the arbiter: how many there are to be, which the arbiter reads when the hook returns."""
        most = _gcorn.max_workers
        if not isinstance(value, int) or not 0 <= value <= most:
            raise ValueError(f"server.num_workers = {value!r}: expected a number from 0 to {most}")
        old, self._num_workers = self._num_workers, value
        self._hooks.functions.get("nworkers_changed", _nothing)(self, value, old)

    @property
    def timeout(self):
        return self.cfg.timeout

    @property
    def address(self):
        return self.cfg.address

    @property
    def worker_class(self):
        return Worker

    def kill_worker(self, pid, sig):
        os.kill(pid, sig)

    def kill_workers(self, sig):
        for pid in self.WORKERS:
            os.kill(pid, sig)

    def _signal(self, sig):
        os.kill(self.pid, sig)

    def spawn_worker(self):
        """One more worker, as by the signal TTIN."""
        self._signal(signal.SIGTTIN)

    def reload(self):
        self._signal(signal.SIGHUP)

    def stop(self, graceful=True):
        self._signal(signal.SIGTERM if graceful else signal.SIGQUIT)

    def halt(self, reason=None, exit_status=0):
        if reason:
            self.log.info("a hook stops the server: %s", reason)
        self._signal(signal.SIGQUIT)

    def wakeup(self):
        """Nothing to do: the arbiter wakes up by itself."""


class Heartbeat:
    """worker.tmp: a file at gunicorn, a place in shared memory here."""

    def __init__(self):
        self._last = time.monotonic()

    def notify(self):
        self._last = time.monotonic()
        _gcorn.heartbeat()

    def last_update(self):
        return self._last

    def fileno(self):
        raise RuntimeError("heartbeats are in shared memory here: there is no file")


class Worker:
    """`worker`."""

    reloader = None
    PIPE = ()
    wait_fds = ()
    sockets = ()
    ppid = 0
    nr = 0
    booted = False
    aborted = False
    max_requests = sys.maxsize

    def __init__(self, age):
        self.age = age
        self.pid = BOOTING
        self.tmp = Heartbeat()
        self._alive = True

    def __str__(self):
        return f"<Worker {self.pid}>"

    def _update(self, hooks, facts):
        pid, self.ppid, self.booted, self.aborted, nr, limit = facts
        self.pid = pid or BOOTING
        self.max_requests = limit or sys.maxsize  # without a limit, as gunicorn has it
        self.nr = max(self.nr, nr)
        self._attach(hooks)

    def _attach(self, hooks):
        self.cfg = hooks.cfg
        self.log = hooks.log
        self.app = hooks.app
        self.timeout = hooks.cfg.timeout / 2.0
        self.sockets = server.LISTENERS

    @property
    def alive(self):
        return self._alive

    @alive.setter
    def alive(self, value):
        """A hook that says False wants this worker to finish and be replaced."""
        if self._alive and not value and self.pid == os.getpid():
            os.kill(self.pid, signal.SIGTERM)
        self._alive = bool(value)

    @property
    def wsgi(self):
        """The app, once this worker has loaded it."""
        return appspec.loaded if self.pid == os.getpid() else None

    @wsgi.setter
    def wsgi(self, value):
        """From the next request on the worker calls this."""
        if not callable(value):
            raise TypeError(f"worker.wsgi = {value!r}: an app is a callable")
        if self.pid != os.getpid() or not _gcorn.serve(value):
            raise RuntimeError("worker.wsgi: this process has no app yet: assign it in post_worker_init")
        self.app.callable = self.app.callable  # which stays the app that was loaded
        appspec.loaded = value

    def notify(self):
        self.tmp.notify()


server = Server()
_workers = {}  # by age


def worker_of(hooks, age, pid=None):
    worker = _workers.get(age)
    if worker is None:
        worker = _workers[age] = Worker(age)
        worker._attach(hooks)
    if pid:
        worker.pid = pid
    return worker


def _nothing(*args):
    """The default of every hook."""


class WrongHooks(Exception):
    """Hooks that cannot be called: what is wrong with each, and the tracebacks of code that raised."""

    def __init__(self, wrong, tracebacks):
        super().__init__("; ".join(wrong))
        self.tracebacks = tracebacks


def _is_of_a_name(exc):
    """True if a name was not found, and no code has raised: there is nothing to trace."""
    files = {frame.filename for frame in traceback.extract_tb(exc.__traceback__)}
    return all(file.startswith("<") or file == importlib.__file__ for file in files)


class Hooks:
    """One generation's hooks, checked."""

    def __init__(self, values, rows, uri):
        self.functions = {}
        wrong, tracebacks = [], []
        for name, least, most, place in rows:
            try:
                if values[name] is not None:
                    self.functions[name] = self._check(values[name], least, most)
            except Exception as exc:
                where = f"config file, {place}" if place else "hooks"
                shown = exc if isinstance(exc, ValueError) else report.summary(exc)
                wrong.append(f"{where}: {name}: {values[name]}: {shown}")
                tracebacks += [] if _is_of_a_name(exc) else [report.traceback_text(exc)]
            values[name] = self.functions.get(name) or _nothing
        if wrong:
            raise WrongHooks(wrong, tracebacks)
        if values["proc_name"] is None:
            values["proc_name"] = values["default_proc_name"]
        tree = values.get("logconfig_dict")
        if isinstance(tree, str):
            values["logconfig_dict"] = json.loads(tree)
        if values["statsd_host"]:
            values["statsd_host"] = address(values["statsd_host"], "8125")
        if values["access_log_format"] == "combined":
            values["access_log_format"] = COMBINED
        self.cfg = Config(values, dict(os.environ))
        self.app = App(self.cfg, uri)
        logs.install()
        self.log = logs.opened.logger if logs.opened else logs.Log(self.cfg)
        post = self.functions.get("post_request")
        self.post_arguments = post and max(n for n in (2, 3, 4) if configfile.accepts(post, n))

    @staticmethod
    def _check(hook, least, most):
        if isinstance(hook, str):
            hook = configfile.find(hook)
        wrong = configfile.check_hook(hook, least, most)
        if wrong:
            raise ValueError(wrong)
        return hook


def create(arguments):
    """Hooks for (values by setting, [(hook, fewest arguments, most arguments, place or None)], the app's name)."""
    return Hooks(*arguments)


def explain(failed):
    """(exit code, message, traceback or None) for (what failed, exception)."""
    what, exc = failed
    if isinstance(exc, WrongHooks):
        return 1, str(exc), "".join(exc.tracebacks) or None
    return 1, f"{what}: {report.summary(exc)}", report.traceback_text(exc)


def _update(hooks, server_facts, age, worker_facts):
    """Take the facts over; the worker that they are of, if any."""
    server._update(hooks, server_facts)
    if worker_facts is None:
        return None
    worker = worker_of(hooks, age)
    worker._update(hooks, worker_facts)
    return worker


def adopt(arguments):
    """This process is that worker: (hooks, facts of the server, age, facts of the worker)."""
    _update(*arguments)


def call(arguments):
    """Call a hook: (hooks, name, facts of the server, age, facts of the worker, new, old).

    Returns the number of workers that it leaves in server.num_workers.
    """
    hooks, name, server_facts, age, worker_facts, new, old = arguments
    worker = _update(hooks, server_facts, age, worker_facts)
    living = {entry.age for entry in server.WORKERS.values()} | {age}
    for gone in set(_workers) - living:
        del _workers[gone]
    function = hooks.functions[name]
    if name in ("worker_int", "worker_abort", "worker_exit"):
        worker._alive = False  # it ends, whatever the hook does
    settings.running_hook = name
    try:
        if name in ("pre_fork", "post_fork", "child_exit", "worker_exit"):
            function(server, worker)
        elif name in ("post_worker_init", "worker_int", "worker_abort"):
            function(worker)
        elif name == "nworkers_changed":
            function(server, new, old)
        else:
            function(server)
    finally:
        settings.running_hook = None
    return server.num_workers


def request(arguments):
    """The req for (hooks, age, facts)."""
    hooks, age, facts = arguments
    return Request(hooks, facts)


def pre_request(arguments):
    """Call it: (hooks, age, req). Returns what it has changed of the request, or None."""
    hooks, age, req = arguments
    worker = worker_of(hooks, age)
    before = req.parts()
    hooks.functions.get("pre_request", _nothing)(worker, req)
    worker.nr += 1  # behind the hook, as it is at gunicorn
    return {name: value for name, value in req.parts().items() if value != before[name]} or None


def post_request(arguments):
    """Call it: (hooks, age, req, environ, facts of the response or None)."""
    hooks, age, req, environ, facts = arguments
    resp = None if facts is None else Response(hooks, req, facts)
    every = (worker_of(hooks, age), req, environ, resp)
    hooks.functions["post_request"](*every[: hooks.post_arguments])
