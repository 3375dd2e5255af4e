# SPDX-License-Identifier: MIT
"""gunicorn's sync worker and gcorn side by side: the same app, the same bytes sent, the answers compared
whole: status, fields, body, and the environ key by key. (What the servers refuse is compared by
test_wire_gunicorn.py.)

What differs on purpose is listed in docs/migrating-from-gunicorn.md. A row whose first column begins
with a key in backticks covers a difference that is found here: `environ:KEY`, `header:NAME`, `page:error` (the
pages that the servers make themselves) or `case:NAME` (the answer to that request as a whole; of a name with
a colon, to all requests whose names begin so). A difference without a row fails, and so does a row without
its difference.
"""
import difflib
import json
import re

import pytest

from apps.probe import BAD_STARTS, OTHER_HEADERS
from harness import places
from harness.wire import Connection, chunked, request_bytes

pytest.importorskip("gunicorn", reason="gunicorn needs a newer Python")

CLOSE = ("Connection", "close")
LISTED = set(re.findall(r"^\| *`((?:environ|header|page|case):[^`]+)`",
                        (places.ROOT / "docs" / "migrating-from-gunicorn.md").read_text(), re.M))
FREE = {"REMOTE_PORT", "SERVER_PORT", "HTTP_HOST"}  # the two servers listen on different ports


def get(target, *fields, method="GET", body=b"", version="1.1"):
    return request_bytes(method, target, [*fields, CLOSE], body, version)


REQUESTS = {
    "query": get("/environ?a=b&c=%20d"),
    "no query": get("/environ?"),
    "percent": get("/environ/%C3%A4%2F%20;p=1"),
    "double slash": get("//environ//x"),
    "dots": get("/environ/../x/./y"),
    "absolute form": get("http://example.test/environ?a=b"),
    "asterisk": get("*", method="OPTIONS"),
    "unusual method": get("/environ", method="PROPFIND"),
    "http 1.0": get("/environ", version="1.0"),
    "fields": get("/environ", ("X-One", "1"), ("X-One", "2"), ("Accept", "*/*"), ("X-Empty", "")),
    "cookies": get("/environ", ("Cookie", "a=1"), ("Cookie", "b=2")),
    "latin field": get("/environ", ("X-Latin", "caf\xe9")),
    "blanks around a value": get("/environ", ("X-Blanks", " \t in \t ")),
    "underscore field": get("/environ", ("X_Under", "1")),
    "content type": get("/environ", ("Content-Type", "text/x; charset=y")),
    "length": get("/environ", method="POST", body=b"12345"),
    "forwarded https": get("/environ", ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "1.2.3.4")),
    "forwarded http": get("/environ", ("X-Forwarded-Proto", "http")),
    "script name": get("/environ/x", ("SCRIPT_NAME", "/environ")),
    "remote user": get("/environ", ("REMOTE_USER", "root")),
    "proxy field": get("/environ", ("Proxy", "http://evil.test")),
    "expect": get("/environ", ("Expect", "100-continue"), method="POST", body=b"body"),
    "chunked environ": get("/environ", ("Transfer-Encoding", "chunked"), method="POST", body=chunked(b"a", b"b")),
    "types": get("/types"),
    "echo": get("/echo", method="POST", body=b"body" * 10_000),
    "chunked echo": get("/echo", ("Transfer-Encoding", "chunked"), method="PUT", body=chunked(b"a" * 1000, b"b")),
    "pieces": get("/read-pieces", method="POST", body=b"0123456789abcdef"),
    "ignored body": get("/ignore-body", method="POST", body=b"x" * 1000),
    "missing": get("/nowhere"),
    "head": get("/hello", method="HEAD"),
    "head of a stream": get("/two-parts", method="HEAD"),
    "generator to 1.0": get("/generator", version="1.0"),
    **{f"lines by {how}": get(f"/read-lines?by={how}", method="POST", body=b"one\n\nthree")
       for how in ("readline", "readline4", "readlines", "readlines1", "keywords", "readlines-text",
                   "iteration")},
    **{path[1:]: get(path) for path in (
        "/hello", "/no-length", "/two-parts", "/generator", "/empty", "/bytes-of/100000", "/stream-of/100",
        "/write", "/closes", "/fields", "/own-fields", "/hop-fields", "/file", "/file-offset/1000",
        "/file-part/1000", "/file-like", "/hints", "/raises", "/raises-os-error", "/raises-at-once",
        "/raises-later", "/raises-in-length", "/raises-in-close", "/exits", "/exc-info", "/exc-info-late",
        "/start-twice", "/never-starts", "/returns-none", "/yields-text", "/too-short", "/too-long",
        "/status/204", "/status/205", "/status/304", "/status/404", "/status/500")},
    **{f"other headers: {index}": get(f"/other-headers/{index}") for index in range(len(OTHER_HEADERS))},
    **{f"bad start: {start!r}": get(f"/bad-start/{index}") for index, start in enumerate(BAD_STARTS)},
}


@pytest.fixture(scope="module")
def servers(shared_gunicorn, shared_gcorn):
    return shared_gunicorn("probe:app"), shared_gcorn("probe:app")


def answer(server, data):
    """What comes back, as a dict that can be compared."""
    with Connection(server.address) as connection:
        connection.send(data)
        try:
            response = connection.response(data.split(b" ", 1)[0].decode())
        except (AssertionError, ConnectionResetError) as failure:
            kind = "nothing" if "inside a line: b''" in str(failure) else "cut"
            return {"outcome": kind}
    return {"outcome": "answer", "status": response.status, "reason": response.reason,
            "fields": response.fields, "body": response.body,
            "interim": [(interim.status, interim.fields) for interim in response.interim]}


def field_differences(theirs, ours):
    """The names of the fields that differ, and those that are out of order."""
    def by_name(fields):
        found = {}
        for name, value in fields:
            found.setdefault(name, []).append("a date" if name == "Date" else value)
        return found
    a, b = by_name(theirs), by_name(ours)
    return {f"header:{name}" for name in set(a) | set(b) if a.get(name) != b.get(name)}


def environ_differences(theirs, ours):
    a, b = json.loads(theirs), json.loads(ours)
    a, b = a.get("keys", a), b.get("keys", b)
    return {f"environ:{key}" for key in (set(a) | set(b)) - FREE
            if (key in a) != (key in b) or a[key] != b[key]}


def is_error_page(answer):
    """True if gunicorn itself made it, not the app."""
    return answer["outcome"] == "answer" and answer["body"].startswith(b"<html>\n  <head>\n    <title>")


def differences(name, theirs, ours):
    if theirs == ours:
        return set()
    case = f"case:{name.partition(':')[0]}"
    if is_error_page(theirs) and (theirs["status"], theirs["reason"]) == (ours.get("status"), ours.get("reason")):
        return {"page:error"}
    if any(theirs.get(part) != ours.get(part) for part in ("outcome", "status", "reason", "interim")):
        return {case}
    found = field_differences(theirs["fields"], ours["fields"])
    if theirs["body"] == ours["body"]:
        return found
    if all(("Content-Type", "application/json") in side["fields"] for side in (theirs, ours)):
        return environ_differences(theirs["body"], ours["body"]) | found - {"header:Content-Length"}
    return {case}


def test_every_difference_is_listed_and_every_row_is_true(servers):
    gunicorn, gcorn = servers
    found = {}
    for name, data in REQUESTS.items():
        theirs, ours = answer(gunicorn, data), answer(gcorn, data)
        for key in differences(name, theirs, ours):
            if key not in found:
                found[key] = f"{name}:\n" + "\n".join(difflib.ndiff(
                    shown(theirs), shown(ours)))[:2500]
    surprises = [f"{key}: {text}" for key, text in sorted(found.items()) if key not in LISTED]
    assert not surprises, "not in docs/migrating-from-gunicorn.md:\n" + "\n".join(surprises)
    assert LISTED <= set(found), f"listed, but alike: {sorted(LISTED - set(found))}"


def shown(outcome):
    """An outcome as lines for a person."""
    lines = []
    for key, value in outcome.items():
        if key == "fields":
            lines += [f"{name}: {text}" for name, text in value]
        elif key == "body" and value[:1] == b"{":
            lines += [f"  {name} = {text!r}" for name, text in json.loads(value).items()]
        else:
            lines.append(f"{key} {value!r}"[:300])
    return lines
