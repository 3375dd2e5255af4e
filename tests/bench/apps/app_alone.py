# SPDX-License-Identifier: MIT
"""What the app costs without a server: app_alone.py SECONDS MODULE:APP prints microseconds of CPU a call."""
import importlib
import io
import sys
import time
from wsgiref.util import setup_testing_defaults

module, name = sys.argv[2].split(":")
app = getattr(importlib.import_module(module), name)
prototype = {"HTTP_HOST": "127.0.0.1"}
setup_testing_defaults(prototype)


def call():
    environ = dict(prototype, **{"wsgi.input": io.BytesIO()})
    result = app(environ, lambda status, fields, exc_info=None: None)
    for _ in result:
        pass
    if hasattr(result, "close"):
        result.close()


for _ in range(200):
    call()
end = time.monotonic() + float(sys.argv[1])
begin, calls = time.process_time(), 0
while time.monotonic() < end:
    for _ in range(50):
        call()
    calls += 50
print((time.process_time() - begin) / calls * 1e6)
