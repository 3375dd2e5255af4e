# SPDX-License-Identifier: MIT
"""An app that forks. Each path's first segment names how; the child's work is the second."""
import multiprocessing
import os
import signal
import subprocess
import sys
import time

FORK = multiprocessing.get_context("fork")
POOLS = []
if os.environ.get("FORK_AT_IMPORT") and os.fork() == 0:
    time.sleep(60)
    os._exit(0)


def app(environ, start_response):
    what, _, argument = environ["PATH_INFO"].lstrip("/").partition("/")
    return DEEDS[what](start_response, argument)


def answer(start_response, text):
    body = str(text).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def own_descriptors():
    """What this process has open but for the standard streams and `/proc` itself."""
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            if int(fd) > 2:
                found.append(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:
            pass  # the folder's own
    return " ".join(found)


def child(start_response, how):
    """Fork; the child ends as it is told, the parent answers with its exit status."""
    pid = os.fork()
    if pid == 0:
        return CHILDREN[how](start_response)
    _, status = os.waitpid(pid, 0)
    return answer(start_response, os.waitstatus_to_exitcode(status))


def fail():
    raise ValueError("in the child")


def chatter(start_response):
    """Sends all that an app can send."""
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"from the child by write()")
    return (b"from the child's iterable" for _ in range(3))


CHILDREN = {
    "_exit": lambda _: os._exit(5),
    "sys.exit": lambda _: sys.exit(6),
    "raise": lambda _: fail(),
    "return": lambda start_response: answer(start_response, "from the child"),
    "chatter": chatter,
}


def generator(start_response, _):
    """Fork between two pieces of the body; the child goes on yielding."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"one "
    pid = os.fork()
    yield b"two" if pid else b"from the child"
    if pid:
        os.waitpid(pid, 0)


def hold(start_response, _):
    """Leave a child behind that lives on: its pid."""
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    return answer(start_response, pid)


def descriptors(start_response, how):
    if how == "exec":
        script = "import os; print(*os.listdir('/proc/self/fd'))"
        done = subprocess.run([sys.executable, "-c", script], close_fds=False, stdout=subprocess.PIPE, check=True)
        return answer(start_response, sum(int(fd) > 2 for fd in done.stdout.split()) - 1)
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        os.write(write_end, own_descriptors().encode())
        os._exit(0)
    os.close(write_end)
    with open(read_end) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return answer(start_response, text)


def terminate(start_response, _):
    process = FORK.Process(target=time.sleep, args=(60,))
    process.start()
    process.terminate()
    process.join()
    return answer(start_response, process.exitcode)


def own_handler(start_response, _):
    """The child keeps a handler that the app has installed."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(8))
        time.sleep(60)
    time.sleep(0.2)
    os.kill(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    return answer(start_response, os.waitstatus_to_exitcode(status))


def pool(start_response, _):
    if not POOLS:
        POOLS.append(FORK.Pool(2))
    return answer(start_response, sum(POOLS[0].map(abs, range(-10, 0))))


DEEDS = {
    "": lambda start_response, _: answer(start_response, "hello"),
    "pid": lambda start_response, _: answer(start_response, os.getpid()),
    "child": child,
    "generator": generator,
    "hold": hold,
    "descriptors": descriptors,
    "terminate": terminate,
    "own_handler": own_handler,
    "pool": pool,
}
