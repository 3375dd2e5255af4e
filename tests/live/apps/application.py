# SPDX-License-Identifier: MIT
"""A module whose app has the name that is assumed when none is given."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "16")])
    return [b"the default name"]
