#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How much memory a Django app takes under gcorn and gunicorn, with and without preload_app.

Memory is proportional (PSS, from smaps_rollup): a page that n processes share counts as one nth in each. So the sum
over all processes of a server is what it costs the machine. Run it with the tests' virtual environment:

    build/test-venv/bin/python tests/bench/memory.py [--workers 4]

It prints a Markdown table. Each server answers the same requests before it is measured.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "live"))

from harness import places  # noqa: E402
from harness.server import Server, environment, gcorn_argv, gunicorn_argv  # noqa: E402

APP = "django_site.wsgi"
PAGES = ("/notes/", "/admin/login/")


def family(pid):
    """`pid` and all that come from it."""
    found = [pid]
    for parent in found:
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            found += [int(word) for word in file.read().split()]
    return found


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def warm_up(server, workers):
    """Let every worker load what requests make it load."""
    for _ in range(workers * 10):
        for page in PAGES:
            server.get(page)
    time.sleep(0.5)


def measure(argv, workers, env):
    server = Server(argv, env=env)
    try:
        server.wait_workers(workers + ("--preload" in argv and "gcorn" in Path(argv[0]).name))
        warm_up(server, workers)
        parts = {pid: pss_kib(pid) for pid in family(server.pid)}
    finally:
        server.stop()
        server.kill()
    return parts.pop(server.pid), sum(parts.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=4)
    workers = parser.parse_args().workers
    with tempfile.TemporaryDirectory() as state:
        env = {"DJANGO_STATE": state, "DJANGO_SETTINGS_MODULE": "django_site.settings"}
        subprocess.run([sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0"], cwd=places.APPS,
                       check=True, env=environment(env), stdout=subprocess.DEVNULL)
        print("| server | arbiter, MiB | workers and what else there is, MiB | sum, MiB |\n| --- | ---: | ---: | ---: |")
        for preload in ((), ("--preload",)):
            for make, name in ((gcorn_argv, "gcorn"), (gunicorn_argv, "gunicorn")):
                argv = make(APP, "-w", str(workers), *preload)
                master, rest = measure(argv, workers, env)
                label = f"{name}, {workers} workers" + (", preloaded" if preload else "")
                print(f"| {label} | {master / 1024:.1f} | {rest / 1024:.1f} | {(master + rest) / 1024:.1f} |",
                      flush=True)


if __name__ == "__main__":
    os.environ.setdefault("GCORN_BINARY", str(ROOT / "build" / "gcorn"))
    main()
