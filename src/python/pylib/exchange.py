# SPDX-License-Identifier: MIT
"""Requests and responses as hooks see them, under the names that gunicorn's have."""

import _gcorn

MAX_FIELDS, MAX_FIELD_BYTES = 32768, 8190  # what gunicorn takes for "no limit"
KEYS = {
    "method": "REQUEST_METHOD",
    "uri": "RAW_URI",
    "query": "QUERY_STRING",
    "scheme": "wsgi.url_scheme",
}


class Request:
    """`req` of pre_request and post_request."""

    fragment = ""
    trailers = ()
    unreader = None
    must_close = False

    def __init__(self, hooks, facts):
        self.cfg = hooks.cfg
        (
            self.method,
            self.uri,
            self.path,
            self.query,
            self.version,
            self.headers,
            self.scheme,
            self.remote_addr,
            self.req_number,
            self._closes,
            self.body,
            self.proxy_protocol_info,
        ) = facts
        self.peer_addr = self.remote_addr
        fields, size = self.cfg.limit_request_fields, self.cfg.limit_request_field_size
        self.limit_request_fields = fields if 0 < fields <= MAX_FIELDS else MAX_FIELDS
        self.limit_request_field_size = size if size > 0 else MAX_FIELD_BYTES
        self.trailers = []

    def parts(self):
        """What the environ is made of, and a hook may change."""
        return {
            "method": self.method,
            "uri": self.uri,
            "path": self.path,
            "query": self.query,
            "scheme": self.scheme,
            "headers": list(self.headers),
        }

    def should_close(self):
        return self._closes

    def force_close(self):
        raise RuntimeError("a hook cannot have the connection closed: this is decided before it runs")


class Response:
    """`resp` of post_request."""

    SERVER = version = "gcorn"

    def __init__(self, hooks, req, facts):
        self.req = req
        self.cfg = hooks.cfg
        (
            self.status,
            self.status_code,
            headers,
            self.headers_sent,
            self.sent,
            self.response_length,
            self.chunked,
            self.must_close,
            self.upgrade,
            self.sock,
        ) = facts
        self.headers = [pair for pair in headers or () if _gcorn.passes_on(*pair)]

    def should_close(self):
        return self.must_close

    force_close = Request.force_close


def apply_changes(arguments):
    """Make the environ that of a request of which a hook has changed these parts."""
    environ, changes = arguments
    for name, value in changes.items():
        if name == "headers":
            _apply_headers(environ, value)
        elif name == "path":
            import urllib.parse

            path = value.removeprefix(environ["SCRIPT_NAME"]).encode("latin-1")
            environ["PATH_INFO"] = urllib.parse.unquote_to_bytes(path).decode("latin-1")
        else:
            environ[KEYS[name]] = value


def _apply_headers(environ, headers):
    for key in [key for key in environ if key.startswith("HTTP_")]:
        del environ[key]
    for name, value in headers:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
            if key in environ:
                value = f"{environ[key]},{value}"
        environ[key] = value
