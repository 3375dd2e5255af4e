# SPDX-License-Identifier: MIT
"""Metrics of several processes, as prometheus_client collects them with the hook child_exit."""
import os
import re
import signal

import pytest

from harness.process import wait_until
from harness.server import Server, gcorn_argv, gunicorn_argv

pytest.importorskip("prometheus_client")

CONFIG = """
from prometheus_client import multiprocess

workers = 2


def child_exit(server, worker):
    multiprocess.mark_process_dead(worker.pid)
"""


def metrics(server):
    """(requests served, pids of the workers that have)."""
    text = server.get("/metrics").body.decode()
    served = re.search(r"^served_total (\S+)$", text, re.M)
    pids = {int(pid) for pid in re.findall(r'^seen{pid="(\d+)"} 1.0$', text, re.M)}
    return float(served.group(1)) if served else 0, pids


@pytest.mark.parametrize("argv_of", [gcorn_argv, gunicorn_argv], ids=["gcorn", "gunicorn"])
def test_dead_workers_are_counted_and_not_shown(tmp_path, argv_of):
    (tmp_path / "conf.py").write_text(CONFIG)
    (tmp_path / "metrics").mkdir()
    server = Server(argv_of("-c", tmp_path / "conf.py", "metered:app"),
                    env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")})
    try:
        for _ in range(20):
            assert server.get("/").status == 200
        served, pids = metrics(server)
        assert served == 20 and pids and pids <= set(server.workers)
        dead = pids.pop()
        os.kill(dead, signal.SIGTERM)
        wait_until(lambda: dead not in server.workers and len(server.workers) == 2, "another worker")
        wait_until(lambda: dead not in metrics(server)[1], "the end of the dead worker's gauge")
        assert metrics(server)[0] == 20
        assert server.stop() == 0
    finally:
        server.kill()
