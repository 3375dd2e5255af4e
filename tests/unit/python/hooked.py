# SPDX-License-Identifier: MIT
"""A config file with every hook, for test_hooks.c. What was called is in `calls`."""

calls = []


def server_text(server):
    return f"{server.num_workers} {sorted(server.WORKERS)} {server.cfg.workers} {server.pid}"


def on_starting(server):
    server.kept = "kept"
    calls.append(f"on_starting {server_text(server)}")
    server.log.info("starting with %d workers", server.cfg.workers)


def when_ready(server):
    listeners = ",".join(str(listener) for listener in server.LISTENERS)
    calls.append(f"when_ready {server.kept} {listeners} {server.address}")


def on_reload(server):
    raise ValueError("in on_reload")


def on_exit(server):
    raise SystemExit(9)


def pre_exec(server):
    calls.append(f"pre_exec {server.master_pid} {server.reexec_pid}")


def nworkers_changed(server, new, old):
    calls.append(f"nworkers_changed {new} {old}")


def pre_fork(server, worker):
    worker.kept = "mine"
    calls.append(f"pre_fork {worker.age} {worker.pid} {worker}")


def post_fork(server, worker):
    calls.append(f"post_fork {worker.age} {worker.pid} {worker.kept}")


def post_worker_init(worker):
    calls.append(f"post_worker_init {worker} {worker.cfg.timeout} {worker.timeout}")


def worker_int(worker):
    calls.append(f"worker_int {worker.age}")


def worker_abort(worker):
    import traceback

    calls.append("worker_abort " + traceback.extract_stack()[-3].name)


def worker_exit(server, worker):
    calls.append(f"worker_exit {worker.nr} {worker.kept}")


def child_exit(server, worker):
    calls.append(f"child_exit {worker.age} {sorted(server.WORKERS)}")


def pre_request(worker, req):
    calls.append(
        f"pre_request {worker.nr} {req.method} {req.uri} {req.path} {req.query} {req.version}"
        f" {req.headers} {req.scheme} {req.remote_addr} {req.req_number} {req.should_close()}"
    )
    if req.path == "/refuse":
        raise ValueError("in pre_request")
    if req.path == "/extra/evaluate":
        req.headers.append(("X-Extra", "added"))


def post_request(worker, req, environ, resp):
    shown = None
    if resp is not None:
        shown = (
            f"{resp.status} {resp.status_code} {resp.headers} {resp.sent} {resp.response_length}"
            f" {resp.headers_sent} {resp.chunked} {resp.should_close()}"
        )
    calls.append(f"post_request {req.path} {environ.get('PATH_INFO')} {shown}")
    if req.path == "/post/evaluate":
        raise ValueError("in post_request")
