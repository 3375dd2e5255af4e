# SPDX-License-Identifier: MIT
"""The servers that are compared: how each is started for a scenario. One worker each, one app thread
where not said otherwise, logging nothing a request."""
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"
APPS = Path(__file__).resolve().parent / "apps"
BIN = FOLDER / "venv" / "bin"
TICKS = os.sysconf("SC_CLK_TCK")

NGINX_CONF = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        location = / {{ {answer} }}
    }}
}}
"""


def python_script(name):
    return lambda port, scenario, _: [BIN / "python", APPS / name, port, scenario.app]


def gcorn(*args):
    return lambda port, scenario, options: [
        options.gcorn, "-b", f"127.0.0.1:{port}", "-w", 1, "--worker-connections", 20000, "--keep-alive", 60,
        *args, scenario.app]


def gunicorn(*args):
    return lambda port, scenario, _: [
        BIN / "gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}", "-w", 1, "--keep-alive", 60,
        "--worker-connections", 20000, *args, scenario.app]


def uwsgi(port, scenario, _):
    return [BIN / "uwsgi", "--http-socket", f"127.0.0.1:{port}", "--module", scenario.app, "--master",
            "--processes", 1, "--listen", somaxconn(), "--disable-logging", "--die-on-term",
            "--post-buffering", 65536]


def granian(threads):
    return lambda port, scenario, _: [
        BIN / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port, "--workers", 1,
        "--blocking-threads", threads, "--no-ws", "--log-level", "error", scenario.app]


def waitress(port, scenario, _):
    return [BIN / "waitress-serve", f"--listen=127.0.0.1:{port}", "--threads=4", "--connection-limit=20000",
            scenario.app]


def nginx(port, scenario, _):
    if scenario.is_file:
        answer = f"root {FOLDER}/static; try_files /file =404;"
    else:
        answer = 'default_type text/plain; return 200 "Hello, World!";'
    conf = FOLDER / "nginx.conf"
    conf.write_text(NGINX_CONF.format(folder=FOLDER, port=port, answer=answer))
    return [nginx_program(), "-e", "stderr", "-p", FOLDER, "-c", conf]


def floor(port, scenario, _):
    return [FOLDER / "floor", port, scenario.response_bytes, scenario.request_bytes,
            "close" if scenario.closes else "keep"]


def nginx_program():
    return shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")


# name: (its command, what has to be there for it)
SERVERS = {
    "gcorn": (gcorn(), None),
    "gcorn gthread 4": (gcorn("-k", "gthread", "--threads", 4), None),
    "gcorn access log": (gcorn("--access-logfile", FOLDER / "access.log"), None),
    "gcorn gthread 4 access log": (
        gcorn("-k", "gthread", "--threads", 4, "--access-logfile", FOLDER / "access.log"), None),
    "floor": (floor, FOLDER / "floor"),
    "nginx": (nginx, nginx_program),
    "bjoern": (python_script("run_bjoern.py"), "bjoern"),
    "fastwsgi": (python_script("run_fastwsgi.py"), "fastwsgi"),
    "granian": (granian(1), BIN / "granian"),
    "granian 4": (granian(4), BIN / "granian"),
    "uwsgi": (uwsgi, BIN / "uwsgi"),
    "waitress": (waitress, BIN / "waitress-serve"),
    "gunicorn sync": (gunicorn("-k", "sync"), BIN / "gunicorn"),
    "gunicorn gthread": (gunicorn("-k", "gthread", "--threads", 4), BIN / "gunicorn"),
}
DEFAULT = [name for name in SERVERS if not name.startswith(("gcorn ", "granian "))]


def is_installed(name):
    need = SERVERS[name][1]
    if callable(need):
        return bool(need())
    if isinstance(need, str):
        return subprocess.run([BIN / "python", "-c", f"import {need}"], stderr=subprocess.DEVNULL).returncode == 0
    return need is None or need.exists()


def somaxconn():
    return min(2048, int(Path("/proc/sys/net/core/somaxconn").read_text()))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Started by the constructor on one core, in a session of its own, which stop() ends."""

    def __init__(self, name, scenario, options):
        self.name = name
        self.request_bytes = scenario.request_bytes
        self.port = free_port()
        argv = [str(word) for word in SERVERS[name][0](self.port, scenario, options)]
        env = {key: value for key, value in os.environ.items() if not key.startswith(("GUNICORN", "GCORN"))}
        env.update(VIRTUAL_ENV=str(FOLDER / "venv"), BENCH_FILE=str(FOLDER / "static" / "file"))
        self.log_path = FOLDER / f"{name.replace(' ', '-')}.out"
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(
                argv, cwd=APPS, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=lambda: os.sched_setaffinity(0, {options.server_core}))

    def is_ready(self, seconds=20):
        """True once it answers; False if it does not in time or has ended."""
        probe = (f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {self.request_bytes}\r\n"
                 "Connection: close\r\n\r\n" + "x" * self.request_bytes).encode()
        if self.request_bytes == 0:
            probe = b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.is_running():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as client:
                    client.settimeout(5)
                    client.sendall(probe)
                    if client.recv(12).startswith(b"HTTP/1.1 "):
                        return True
            except OSError:
                pass
            time.sleep(0.05)
        return False

    def cpu_seconds(self):
        """CPU time, user and system, of all processes of its session."""
        total = 0
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[3]) == self.popen.pid:
                    total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def stop(self):
        """End it, and what is left of its session; the leader is waited for last, so the number stays ours."""
        os.killpg(self.popen.pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and self.is_running():
            time.sleep(0.05)
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def is_running(self):
        """True if its first process has not ended. Does not reap it."""
        return os.waitid(os.P_PID, self.popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
