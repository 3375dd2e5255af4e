# SPDX-License-Identifier: MIT
"""Writes down what hooks are called with, one JSON object a line, in the file that RECORD names. Each test's
config file executes one of this folder and then has its hooks wrapped by install()."""
import functools
import json
import logging
import os
import re

HOOKS = (
    "on_starting", "on_reload", "when_ready", "pre_fork", "post_fork", "post_worker_init", "worker_int",
    "worker_abort", "pre_exec", "pre_request", "post_request", "child_exit", "worker_exit", "nworkers_changed",
    "on_exit")
ENVIRON = (
    "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "RAW_URI", "SERVER_PROTOCOL", "REMOTE_ADDR",
    "wsgi.url_scheme", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once", "CONTENT_TYPE", "CONTENT_LENGTH")
SERVER_FIELDS = {"server", "date", "connection", "content-length", "transfer-encoding"}


def write(event, **facts):
    line = json.dumps({"event": event, "pid": os.getpid(), **facts}) + "\n"
    descriptor = os.open(os.environ["RECORD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def environ_facts(environ):
    return {key: environ[key] for key in environ if key in ENVIRON or key.startswith("HTTP_") and key != "HTTP_HOST"}


def of_new_server(server):
    """What gunicorn's has before it has started, and what does not depend on who is faster."""
    return {"workers": server.cfg.workers, "num_workers": server.num_workers, "env": server.cfg.env,
            "class": server.cfg.worker_class_str}


def of_server(server):
    return {
        **of_new_server(server),
        "is us": server.pid in (os.getpid(), os.getppid()), "proc_name": server.proc_name, "age": server.worker_age,
        "name": server.master_name, "timeout": server.timeout, "systemd": server.systemd,
        "listeners": [str(entry)[:4] for entry in server.LISTENERS], "reexec": server.reexec_pid,
        "pidfile": bool(server.pidfile)}


def of_worker(worker):
    here = {"booted": worker.booted} if worker.pid == os.getpid() else {}
    if here and worker.cfg.workers == 1 and worker.cfg.threads == 1:  # a thread counts when it comes to it
        here["nr"] = worker.nr
    if not worker.cfg.preload_app:
        here["app"] = callable(getattr(worker, "wsgi", None))
        here["loaded"] = callable(worker.app.callable)
    return {
        "age": worker.age, "pid": worker.pid if worker.pid == "[booting]" else type(worker.pid).__name__,
        "is us": worker.pid == os.getpid(), "aborted": worker.aborted, **here,
        "timeout": worker.timeout, "child": worker.ppid == os.getppid(),
        "text": re.sub(r"\d+", "N", str(worker)), "threads": worker.cfg.threads}


def of_request(req):
    return {
        "method": req.method, "uri": req.uri, "path": req.path, "query": req.query, "fragment": req.fragment,
        "version": list(req.version), "scheme": req.scheme, "number": req.req_number,
        "peer": req.remote_addr[0] if req.remote_addr else "", "close": req.should_close(),
        "fields": [list(pair) for pair in req.headers if pair[0] != "HOST"]}


def of_response(resp):
    return {
        "status": resp.status, "code": resp.status_code, "sent": resp.sent, "headers_sent": resp.headers_sent,
        "fields": [list(pair) for pair in resp.headers if pair[0].lower() not in SERVER_FIELDS]}


def describe(argument, hook):
    if isinstance(argument, dict):
        return environ_facts(argument)
    if hook in ("nworkers_changed", "child_exit") and hasattr(argument, "LISTENERS"):
        return of_new_server(argument)
    for mark, of in (("LISTENERS", of_server), ("booted", of_worker), ("uri", of_request), ("sent", of_response)):
        if hasattr(argument, mark):
            return of(argument)
    return argument


class Messages(logging.Handler):
    """What a hook says to the error log."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def emit(self, record):
        self.messages.append(f"{record.levelname}: {record.getMessage()}")


def recorded(name, hook):
    @functools.wraps(hook, functools.WRAPPER_ASSIGNMENTS if hasattr(hook, "__name__") else ())
    def wrapper(*args):
        facts = [describe(argument, name) for argument in args]
        heard = Messages()
        logger = logging.getLogger("gunicorn.error")
        logger.addHandler(heard)
        try:
            return hook(*args)
        finally:
            logger.removeHandler(heard)
            write(name, args=facts, log=heard.messages)
    return wrapper


def install(settings):
    """Wrap the hooks among `settings`, and say how many workers there will be."""
    for name in HOOKS:
        if callable(settings.get(name)):
            settings[name] = recorded(name, settings[name])
    write("config", workers=int(settings.get("workers", os.environ.get("WEB_CONCURRENCY", 1))))
