# SPDX-License-Identifier: MIT
# Sample Gunicorn configuration file, with every hook of a server without TLS.
bind = "127.0.0.1:8000"
backlog = 2048
workers = 1
worker_class = "sync"
worker_connections = 1000
timeout = 30
keepalive = 2
spew = False
daemon = False
raw_env = ["SPAM=eggs"]
pidfile = None
umask = 0
user = None
group = None
tmp_upload_dir = None
errorlog = "-"
loglevel = "info"
accesslog = None
proc_name = None


def on_starting(server):
    server.log.info("Server is starting")


def on_reload(server):
    server.log.info("Server reloads")


def when_ready(server):
    server.log.info("Server is ready. Spawning workers")


def pre_fork(server, worker):
    pass


def post_fork(server, worker):
    server.log.info("Worker spawned (pid: %s)", worker.pid)


def post_worker_init(worker):
    worker.log.info("Worker is initialized")


def worker_int(worker):
    worker.log.info("worker received INT or QUIT signal")

    ## get traceback info
    import sys
    import threading
    import traceback

    id2name = {th.ident: th.name for th in threading.enumerate()}
    code = []
    for thread_id, stack in sys._current_frames().items():
        code.append("\n# Thread: %s(%d)" % (id2name.get(thread_id, ""), thread_id))
        for filename, lineno, name, line in traceback.extract_stack(stack):
            code.append('File: "%s", line %d, in %s' % (filename, lineno, name))
            if line:
                code.append("  %s" % (line.strip()))
    worker.log.debug("\n".join(code))


def worker_abort(worker):
    worker.log.info("worker received SIGABRT signal")


def pre_exec(server):
    server.log.info("Forked child, re-executing.")


def pre_request(worker, req):
    worker.log.info("%s %s", req.method, req.path)


def post_request(worker, req, environ, resp):
    worker.log.info("%s %s: %s", req.method, environ["PATH_INFO"], resp.status)


def child_exit(server, worker):
    server.log.info("Worker %d has exited", worker.age)


def worker_exit(server, worker):
    worker.log.info("Worker exits")


def nworkers_changed(server, new_value, old_value):
    server.log.info("Workers: %s, were %s", new_value, old_value)


def on_exit(server):
    server.log.info("Bye")

