# SPDX-License-Identifier: MIT
"""The access logs of gunicorn and gcorn for the same requests, atom by atom. What differs on purpose has a
row in docs/migrating-from-gunicorn.md whose first column begins with `log:NAME`, the name of the group of
requests or of the atom; a difference without a row fails, and so does a row without its difference."""
import itertools
import re

import pytest

from harness import places
from harness.addresses import free_address
from harness.logs import wait_lines
from harness.wire import Connection, request_bytes

pytest.importorskip("gunicorn", reason="gunicorn needs a newer Python")

LISTED = set(re.findall(r"^\| *`log:([^`]+)`", (places.ROOT / "docs" / "migrating-from-gunicorn.md").read_text(), re.M))
ATOMS = {
    "h": "%(h)s", "l": "%(l)s", "u": "%(u)s", "r": "%(r)s", "s": "%(s)s", "m": "%(m)s", "U": "%(U)s", "q": "%(q)s",
    "H": "%(H)s", "b": "%(b)s", "B": "%(B)6d", "f": "%(f)s", "a": "%(a)-30s", "request field": "%({X-One}i)s",
    "response field": "%({x-app}o)s", "environ": "%({logged.key}e)s", "environ method": "%({REQUEST_METHOD}e)s",
    "absent": "%({nope}i)s%({nope}o)s%({nope}e)s", "unknown": "%(nope)s", "cut": "%(U).3s", "percent": "%%"}
FREE = {"t": "%(t)s", "p": "%(p)s", "T": "%(T)s", "M": "%(M)d", "D": "%(D)d", "L": "%(L)s"}
FORMAT = "|".join((ATOMS | FREE).values())
CLOSE = ("Connection", "close")


def ordinary():
    """Requests that both write alike."""
    fields = [[], [("User-Agent", "agent/1.0 (X11; \"quoted\")"), ("Referer", "http://a/b?c")],
              [("X-One", "1"), ("X-One", "2")], [("Authorization", "Basic YWxpY2U6c2VjcmV0")],
              [("Authorization", "Basic !!!"), ("User-Agent", "")]]
    paths = ["/", "/a/b", "/a%2Fb?x=1&y=%20z", "/a?", "//x?size=0", "/x?size=5000", "/x?status=404+Not+Found",
             "/x?status=204+No+Content&size=0"]
    methods = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"]
    for path, more, method in itertools.product(paths, fields, methods):
        yield request_bytes(method, path, [*more, CLOSE], b"12345" if method == "POST" else b"")
    yield request_bytes("GET", "/old", [], version="1.0")


GROUPS = {
    "ordinary": list(ordinary()),
    "backslash": [request_bytes("GET", "/x", [("User-Agent", "a\\b"), CLOSE])],
    "8-bit": [request_bytes("GET", "/%C3%A4", [("User-Agent", "caf\xc3\xa9"), CLOSE])],
    "control": [request_bytes("GET", "/x", [("User-Agent", "a\tb"), CLOSE])],
    "blank": [request_bytes("GET", "/a%20b", [("Authorization", "Basic eCB5Onoi"), CLOSE])],
    "not utf-8": [request_bytes("GET", "/%ff", [CLOSE])],
}


def lines_of(start, path, address):
    """The line for each request, in order: the connection is closed by the server before the next is sent."""
    server = start("-w", "1", "--access-logfile", path, "--access-logformat", FORMAT, "logged:app", bind=address)
    count = 0
    found = {}
    for group, requests in GROUPS.items():
        for data in requests:
            with Connection(server.address) as connection:
                connection.send(data)
                connection.response(data.split(b" ", 1)[0].decode())
            count += 1
        found[group] = wait_lines(path, count)[-len(requests):]
    return found


def split(line):
    values = line.split("|")
    assert len(values) == len(ATOMS) + len(FREE), line
    return dict(zip(ATOMS | FREE, values))


@pytest.fixture(scope="module")
def logs(shared_gunicorn, shared_gcorn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    return (lines_of(shared_gunicorn, folder / "gunicorn.log", free_address()),
            lines_of(shared_gcorn, folder / "gcorn.log", free_address()))


def test_every_atom_is_gunicorns_but_for_what_is_listed(logs):
    theirs, ours = logs
    assert sum(len(lines) for lines in ours.values()) >= 200
    differences = {}
    for group in GROUPS:
        for line, other in zip(theirs[group], ours[group]):
            wanted, found = split(line), split(other)
            for atom in ATOMS:
                if wanted[atom] != found[atom]:
                    key = group if group != "ordinary" else atom
                    differences[key] = f"{atom}: gunicorn {wanted[atom]!r}, gcorn {found[atom]!r}"
    unlisted = {key: what for key, what in differences.items() if key not in LISTED}
    assert not unlisted, unlisted
    assert LISTED <= set(differences), "a row without its difference"


def test_times_and_pids_have_gunicorns_form(logs):
    theirs, ours = logs
    for lines in (theirs, ours):
        for line in itertools.chain(*lines.values()):
            value = split(line)
            assert re.fullmatch(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]", value["t"]), line
            assert re.fullmatch(r"<\d+>", value["p"]), line
            micros = int(value["D"])
            assert 0 < micros < 5_000_000, line
            assert int(value["M"]) == micros // 1000 and int(value["T"]) == micros // 1_000_000, line
            assert value["L"] == f"{micros // 1_000_000}.{micros % 1_000_000:06d}", line
