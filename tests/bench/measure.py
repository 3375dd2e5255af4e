# SPDX-License-Identifier: MIT
"""Rounds of load on servers that take turns, and what each request cost them."""
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from servers import APPS, BIN, FOLDER, Server

FILE_BYTES = 64 << 20
DONE = """
done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("\\n@ %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def prepare(options):
    if not options.no_setup:
        subprocess.run([Path(__file__).with_name("setup.sh")], check=True)
    file = FOLDER / "static" / "file"
    if not file.exists() or file.stat().st_size != FILE_BYTES:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(1 << 20) * (FILE_BYTES >> 20))


def charge(server, argv, options):
    """Run a load on its core: what it prints, and the seconds of CPU that the server takes meanwhile."""
    before = server.cpu_seconds()
    out = subprocess.run(argv, check=True, text=True, capture_output=True,
                         preexec_fn=lambda: os.sched_setaffinity(0, {options.load_core})).stdout
    return out, server.cpu_seconds() - before


def load(server, scenario, options, seconds):
    """One run of wrk: the figures of the server meanwhile, or None if it answered nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(scenario.script + DONE)
        script.flush()
        out, cpu = charge(
            server, ["wrk", "-t1", f"-c{scenario.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s",
                     "-s", script.name, f"http://127.0.0.1:{server.port}/"], options)
    found = re.search(r"^@ (\d+) (\d+) (\d+) (\d+) (\d+)$", out, re.M)
    requests, duration, p50, p99, errors = map(int, found.groups())
    if requests == 0:
        return None
    return {"requests": requests, "cpu_us": cpu / requests * 1e6, "per_second": requests / duration * 1e6,
            "p50_us": p50, "p99_us": p99, "errors": errors}


def serve_clients(server, connections, options):
    """The same by clients.c, whose p99 is what clients saw: see there."""
    out, cpu = charge(server, [FOLDER / "clients", str(server.port), str(connections), str(options.seconds)], options)
    requests, p50, p99 = map(int, out.split())
    return {"requests": requests, "cpu_us": cpu / requests * 1e6, "per_second": requests / options.seconds,
            "p50_us": p50, "p99_us": p99}


def app_alone(scenario, options):
    """Microseconds of CPU that a call of the app takes, without a server."""
    out = subprocess.run([BIN / "python", APPS / "app_alone.py", "1", scenario.app], cwd=APPS, check=True, text=True,
                         stdout=subprocess.PIPE,
                         preexec_fn=lambda: os.sched_setaffinity(0, {options.server_core})).stdout
    return float(out)


def measure(scenario, names, options):
    """{server: [figures of each round]}; a server that does not start or answer is reported and left out."""
    running, rounds = [], {}
    try:
        for name in names:
            if name in scenario.without:
                continue
            server = Server(name, scenario, options)
            running.append(server)
            if not server.is_ready():
                print(f"  {name} does not answer: see {server.log_path}", file=sys.stderr)
                server.stop()
                running.remove(server)
        for server in running:
            load(server, scenario, options, 1)  # warm
        for number in range(options.rounds):
            print(f"\r  {scenario.title}: round {number + 1} of {options.rounds} ", end="", file=sys.stderr)
            for server in running:
                figures = load(server, scenario, options, options.seconds)
                if figures:
                    rounds.setdefault(server.name, []).append(figures)
        print(file=sys.stderr)
    finally:
        for server in running:
            server.stop()
    return rounds


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {"cpu": model[1] if model else platform.processor(), "cores": os.cpu_count(),
            "kernel": platform.release(), "python": subprocess.run(
                [BIN / "python", "-c", "import platform; print(platform.python_version())"], text=True,
                stdout=subprocess.PIPE).stdout.strip()}
