# SPDX-License-Identifier: MIT
"""The instructions that gcorn itself spends on a request, counted by callgrind: they are the same in every
run, however busy the machine is. A change that makes them grow by more than 3 % has to say so by bringing
tests/bench/instructions.json up to date (GCORN_WRITE_COST=1 does it). The numbers depend on the compiler and on
CPython's headers, so there is a row for each pair; one that has no row yet is told, and nothing is compared."""
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from harness import places
from harness.process import Process
from harness.server import environment
from harness.wire import Connection

NUMBERS = places.ROOT / "tests" / "bench" / "instructions.json"
REQUESTS, BATCH = 3000, 100
BROWSER = ("Host: example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101\r\n"
           "Accept: text/html,application/xhtml+xml,application/xml;q=0.9\r\nAccept-Language: en-GB,en;q=0.5\r\n"
           "Accept-Encoding: gzip, deflate, br\r\nReferer: http://example.org/\r\nConnection: keep-alive\r\n"
           "Cookie: session=%d\r\n\r\n")
KINDS = {
    "hello": lambda number: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "another head each time": lambda number: f"GET /page/{number} HTTP/1.1\r\n" + BROWSER % number,
}
KINDS["hello, with an access log"] = KINDS["hello"]
ARGS = {"hello, with an access log": ("--access-logfile", "access.log")}
APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
"""


def toolchain():
    """What the numbers depend on: "gcc 12, CPython 3.11"."""
    text = subprocess.run(["readelf", "-p", ".comment", places.GCORN], stdout=subprocess.PIPE, check=True,
                          text=True).stdout
    compiler = re.search(r"GCC: \([^)]*\) (\d+)", text)
    return f"gcc {compiler.group(1) if compiler else '?'}, CPython {sys.version_info[0]}.{sys.version_info[1]}"


def own_instructions(path):
    """The cost of the functions in gcorn's own binary, from a callgrind profile: without what they call."""
    own, skip, total, names = False, False, 0, {}
    for line in path.read_text().splitlines():
        if match := re.match(r"ob=\((\d+)\)(?: (.+))?", line):
            names.setdefault(match.group(1), match.group(2))
            own = names[match.group(1)] == str(places.GCORN)
        elif match := re.match(r"cob=\((\d+)\) (.+)", line):
            names[match.group(1)] = match.group(2)
        elif line.startswith("calls="):
            skip = True  # the next line is what the call cost in all
        elif re.match(r"[+\-*\d]", line):
            if own and not skip:
                total += int(line.split()[-1])
            skip = False
    return total


def drive(address, make):
    with Connection(address) as connection:
        for start in range(0, REQUESTS, BATCH):
            connection.send("".join(make(start + i) for i in range(BATCH)).encode())
            for _ in range(BATCH):
                assert connection.response().body == b"Hello, World!"


def count(tmp_path, make, args):
    (tmp_path / "cost.py").write_text(APP)
    server = Process(["valgrind", "--tool=callgrind", "--trace-children=yes",
                      f"--callgrind-out-file={tmp_path}/profile.%p", places.GCORN, "-b", "127.0.0.1:0",
                      "--timeout", "0", *args, "cost:app"], env=environment(None), cwd=tmp_path)
    try:
        found = server.wait_log(r"listening at: http://([\d.]+):(\d+)", seconds=60)
        drive((found.group(1), int(found.group(2))), make)
        server.stop(seconds=60)
    finally:
        server.kill()
    # Both processes have read the settings, the worker before it was forked: that is no request's cost.
    arbiter, worker = sorted(own_instructions(path) for path in tmp_path.glob("profile.*"))
    return (worker - arbiter) // REQUESTS


@pytest.mark.release
@pytest.mark.parametrize("kind", KINDS)
def test_a_request_costs_no_more_instructions_than_before(tmp_path, kind):
    assert shutil.which("valgrind"), "valgrind is not installed: tests/run.sh installs it"
    numbers = json.loads(NUMBERS.read_text())
    found = count(tmp_path, KINDS[kind], ARGS.get(kind, ()))
    known = numbers.setdefault(toolchain(), {}).get(kind)
    print(f"{toolchain()}, {kind}: {found} instructions a request, {known} in the tree")
    if os.environ.get("GCORN_WRITE_COST"):
        numbers[toolchain()][kind] = found
        NUMBERS.write_text(json.dumps(numbers, indent=2, sort_keys=True) + "\n")
    elif known is not None:
        assert found <= known * 1.03, f"{found} instructions a request, {known} before"
