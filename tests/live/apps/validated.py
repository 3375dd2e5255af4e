# SPDX-License-Identifier: MIT
"""The probe app inside wsgiref's validator, which raises when the server (or the app) breaks PEP 3333."""
from wsgiref.validate import validator

import probe


def strict(environ, start_response):
    # The validator's input wants a size for read(), as PEP 3333 recommends; probe's echo gives none.
    if environ["PATH_INFO"] == "/echo":
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 1 << 20))
        return probe.plain(start_response, body)
    return probe.app(environ, start_response)


app = validator(strict)
