# SPDX-License-Identifier: MIT
"""A config file whose hooks write down every attribute that gunicorn's documentation and hooks of the wild know, one
"hook: object.attribute: value" a line, in the file that NOTES names; all of a call at once."""
import os

SERVER = """cfg log app pid num_workers WORKERS LISTENERS address proc_name master_name master_pid reexec_pid worker_age
worker_class timeout pidfile systemd START_CTX SIG_QUEUE WORKER_BOOT_ERROR APP_LOAD_ERROR dirty_arbiter_pid
spawn_worker kill_worker kill_workers reload stop halt wakeup""".split()
WORKER = """age pid ppid sockets app timeout cfg log booted aborted alive nr max_requests tmp reloader wsgi PIPE
wait_fds""".split()
REQUEST = """method uri path query fragment version headers trailers scheme body remote_addr peer_addr req_number
proxy_protocol_info must_close limit_request_fields limit_request_field_size cfg unreader should_close force_close""".split()
RESPONSE = """status status_code headers headers_sent sent response_length chunked must_close upgrade req sock version
cfg should_close force_close""".split()
LOG = """debug info warning error critical exception log access error_log access_log cfg loglevel reopen_files
setup""".split()
CONFIG = """uid gid address env is_ssl ssl_options worker_class_str paste_global_conf settings env_orig workers bind timeout
proc_name""".split()
LISTENER, HEARTBEAT, PIDFILE = ["sock", "fileno", "getsockname", "close"], ["notify", "last_update"], ["fname", "pid"]

pidfile = "pid"
raw_env = ["A=b"]


def shown(value):
    if callable(value):
        return "callable"
    if isinstance(value, (bool, int, float, str, type(None))):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} {[shown(item) for item in value]}"
    return "dict" if isinstance(value, dict) else "object"


lines = []


def note(hook, what, thing, names):
    for name in names:
        value = shown(getattr(thing, name)) if hasattr(thing, name) else "missing"
        lines.append(f"{hook}: {what}.{name}: {value}\n")


def note_server(hook, server):
    note(hook, "server", server, SERVER)
    note(hook, "server.app", server.app, ["app_uri"])
    note(hook, "server.log", server.log, LOG)
    note(hook, "server.cfg", server.cfg, CONFIG)
    for listener in server.LISTENERS:
        note(hook, "listener", listener, LISTENER)
    if server.pidfile:
        note(hook, "pidfile", server.pidfile, PIDFILE)


def note_worker(hook, worker):
    note(hook, "worker", worker, WORKER)
    note(hook, "worker.tmp", worker.tmp, HEARTBEAT)
    note(hook, "worker.log", worker.log, LOG)


def write(*_):
    with open(os.environ["NOTES"], "a") as file:
        file.write("".join(lines))
    lines.clear()


def of_server(name):
    return lambda server: write(note_server(name, server))


def of_worker(name):
    return lambda worker: write(note_worker(name, worker))


def of_both(name):
    return lambda server, worker: write(note_server(name, server), note_worker(name, worker))


for _name in ("on_starting", "when_ready", "on_reload", "pre_exec", "on_exit"):
    globals()[_name] = of_server(_name)
for _name in ("post_worker_init", "worker_int", "worker_abort"):
    globals()[_name] = of_worker(_name)
for _name in ("pre_fork", "post_fork", "worker_exit", "child_exit"):
    globals()[_name] = of_both(_name)


def nworkers_changed(server, new, old):
    if old is not None:  # at first gunicorn's server has few attributes
        write(note_server("nworkers_changed", server))


def pre_request(worker, req):
    write(note_worker("pre_request", worker), note("pre_request", "req", req, REQUEST))


def post_request(worker, req, environ, resp):
    note_worker("post_request", worker)
    note("post_request", "req", req, REQUEST)
    write(note("post_request", "resp", resp, RESPONSE))
