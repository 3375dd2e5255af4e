# SPDX-License-Identifier: MIT
"""The app behind each config file: tells what it was asked and what process it runs in."""
import json
import os
import sys

import recorder

SHOWN = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "TZ", "EMPTY", "SPAM", "POOL_SIZE", "PROMETHEUS_MULTIPROC_DIR")


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def application(environ, start_response):
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/print":
        print("printed by the app", flush=True)
    facts = {
        "environ": recorder.environ_facts(environ),
        "body": body.decode(),
        "variables": {name: os.environ[name] for name in SHOWN if name in os.environ},
        "folder": os.path.basename(os.getcwd()) if os.getcwd().endswith("/src") else "start",
        "umask": umask(),
        "identity": [os.getuid(), os.getgid()],
        "path": [os.path.basename(entry) for entry in sys.path if "live/configs" in entry],
    }
    text = json.dumps(facts, sort_keys=True).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text))), ("X-App", "1")])
    return [text]


recorder.write("load")
