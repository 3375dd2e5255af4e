# SPDX-License-Identifier: MIT
"""What the tests of the logs call: an app that prints, waits, answers as it is told, and dies."""
import os
import signal
import sys
import time
from urllib.parse import parse_qs


def app(environ, start_response):
    """?status= &size= &sleep= &field=Name:value &print= &die="""
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    environ["logged.key"] = "kept \"here\""
    time.sleep(float(query.get("sleep", 0)))
    if "print" in query:
        print(query["print"], flush=True)
        print(query["print"], file=sys.stderr, flush=True)
    if "die" in query:
        os.kill(os.getpid(), signal.SIGKILL)
    body = b"x" * int(query.get("size", 2))
    fields = [("Content-Type", "text/plain"), ("X-App", "one"), ("X-App", 'two "2"')]
    start_response(query.get("status", "200 OK"), fields)
    return [body]
