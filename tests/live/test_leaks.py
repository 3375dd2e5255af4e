# SPDX-License-Identifier: MIT
"""100,000 requests of each kind leave memory, descriptors and Python's objects where the first 10,000 put
them."""
import json
import re
import subprocess

import pytest

from harness.addresses import free_address
from harness.places import find_program
from harness.process import descriptors, rss_bytes, wait_until

WRK = find_program("wrk")
REQUESTS = 100_000
WARM = 10_000
RSS_SLACK = 1 << 20  # of 90,000 requests: less than 12 bytes each

KINDS = {
    "hello": "",
    "another head each time": """
        local count = 0
        request = function()
            count = count + 1
            return wrk.format("GET", "/hello?" .. count, {["Cookie"] = "id=" .. count})
        end""",
    "connection each": 'wrk.headers["Connection"] = "close"',
    "post": 'wrk.method = "POST"; wrk.path = "/echo"; wrk.body = string.rep("x", 1000)',
    "chunked post": """
        wrk.method = "POST"; wrk.path = "/echo"
        wrk.headers["Transfer-Encoding"] = "chunked"
        request = function()
            return wrk.format(nil, nil, wrk.headers) .. "5\\r\\nhello\\r\\n0\\r\\n\\r\\n"
        end""",
    "generator": 'wrk.path = "/generator"',
    "write": 'wrk.path = "/write"',
    "100 KB": 'wrk.path = "/bytes-of/100000"',
    "file part": 'wrk.path = "/file-part/1000"',
    "closes": 'wrk.path = "/closes"',
    "environ": 'wrk.path = "/environ"',
    "refused": 'wrk.headers["Expect"] = "miracles"',
    "error": 'wrk.path = "/raises"',
}

pytestmark = [pytest.mark.release, pytest.mark.skipif(not WRK, reason="no wrk"), pytest.mark.timeout(240)]


def load(server, script):
    """A second of requests; how many were answered."""
    out = subprocess.run([WRK, "-t1", "-c8", "-d1", "-s", script, server.url], check=True, text=True,
                         capture_output=True).stdout
    return int(re.search(r"(\d+) requests in", out)[1])


def measure(server):
    """What the worker holds once the connections of the load are gone."""
    objects = json.loads(server.get("/stats").body)["objects"]
    worker = server.workers[0]
    wait_until(lambda: open_connections(server) == 0, "the connections are closed")
    return {"objects": objects, "descriptors": descriptors(worker), "rss": rss_bytes(worker)}


def open_connections(server):
    """How many connections the server has not closed, lingering ones among them."""
    port = ":%04X" % server.address[1]
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table]
    # 01 established, 04 and 05 our side closed first, 08 theirs; inode 0: the process has let go of it
    return sum(row[1].endswith(port) and row[3] in ("01", "04", "05", "08") and row[9] != "0" for row in rows[1:])


@pytest.mark.parametrize("kind", KINDS)
def test_requests_leave_nothing_behind(gcorn, tmp_path, kind):
    # A logged line for each would only measure the reader of the log.
    server = gcorn("probe:app", "--log-level", "critical", bind=free_address())
    script = tmp_path / "kind.lua"
    script.write_text(KINDS[kind])
    done = 0
    while done < WARM:
        done += load(server, script)
    before = measure(server)
    while done < REQUESTS:
        done += load(server, script)
    after = measure(server)
    assert after["descriptors"] <= before["descriptors"], (before, after)
    assert after["objects"] <= before["objects"] + 20, (before, after)
    assert after["rss"] <= before["rss"] + RSS_SLACK, (before, after)
