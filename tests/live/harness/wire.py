# SPDX-License-Identifier: MIT
"""A client that sends exactly what a test says and reads responses strictly: what RFC 9112 forbids
a server to send is an AssertionError here."""
import re
import socket
import struct
from dataclasses import dataclass, field

FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\Z")
STATUS_LINE = re.compile(rb"HTTP/1\.([0-9]) ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)\Z")


@dataclass
class Response:
    minor: int
    status: int
    reason: str
    fields: list
    body: bytes = b""
    interim: list = field(default_factory=list)  # the 1xx responses before it
    framing: str = "none"  # what delimits the body: none, length, chunked, close

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def __getitem__(self, name):
        """The value of the only field `name`; None without one."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} is there {len(values)} times"
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode("utf-8")


class Connection:
    """One connection; `address` is (host, port) or the path of a unix socket, `source` an address of ours."""

    def __init__(self, address, timeout=20, source=None):
        if isinstance(address, tuple):
            self.socket = socket.create_connection(address, timeout, source and (source, 0))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Close so that the server sees a reset instead of an end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, target, fields=(), body=b"", version="1.1"):
        """Send a request, with Host, and with Content-Length for a body, where `fields` has none."""
        self.send(request_bytes(method, target, fields, body, version))

    def response(self, method="GET"):
        """The final response to a request of `method`, with the interim ones before it."""
        interim = []
        while True:
            response = self._head()
            if response.status >= 200 or response.status == 101:
                break
            interim.append(response)
        response.interim = interim
        self._body(response, method)
        return response

    def get(self, target, fields=()):
        self.request("GET", target, fields)
        return self.response()

    def is_ended(self):
        """Wait for the server's next byte or end: True if it closed without sending anything more."""
        if self.unread:
            return False
        try:
            self.unread = self.socket.recv(65536)
        except ConnectionResetError:
            return True
        return not self.unread

    def read_all(self):
        """What comes until the server closes."""
        while self._fill():
            pass
        data, self.unread = self.unread, b""
        return data

    def _fill(self):
        data = self.socket.recv(65536)
        self.unread += data
        return bool(data)

    def _line(self):
        while b"\n" not in self.unread:
            assert len(self.unread) < 65536, "an endless line"
            assert self._fill(), f"the connection ended inside a line: {self.unread!r}"
        line, self.unread = self.unread.split(b"\n", 1)
        assert line.endswith(b"\r"), f"a bare LF ends {line!r}"
        return line[:-1]

    def _exactly(self, count):
        parts = []
        while count > 0:
            if not self.unread:
                assert self._fill(), f"the connection ended {count} bytes early"
            part, self.unread = self.unread[:count], self.unread[count:]
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _fields(self):
        fields = []
        while True:
            line = self._line()
            if not line:
                return fields
            match = FIELD.match(line)
            assert match, f"not a field: {line!r}"
            fields.append((match[1].decode(), match[2].decode("latin-1")))

    def _head(self):
        line = self._line()
        match = STATUS_LINE.match(line)
        assert match, f"not a status line: {line!r}"
        return Response(int(match[1]), int(match[2]), match[3].decode("latin-1"), self._fields())

    def _body(self, response, method):
        coding, length = response["Transfer-Encoding"], response["Content-Length"]
        assert coding is None or length is None, "both Transfer-Encoding and Content-Length"
        if response.status < 200 or response.status == 204:
            assert coding is None and length is None, f"a {response.status} with a framing field"
        elif method == "HEAD" or response.status == 304:
            pass
        elif coding is not None:
            assert coding == "chunked" and response.minor >= 1, f"Transfer-Encoding: {coding}"
            response.framing = "chunked"
            response.body = self._chunks()
        elif length is not None:
            assert re.fullmatch("[0-9]+", length), f"Content-Length: {length}"
            response.framing = "length"
            response.body = self._exactly(int(length))
        else:
            assert response["Connection"] == "close" or response.minor == 0, "a body without an end"
            response.framing = "close"
            response.body = self.read_all()

    def _chunks(self):
        parts = []
        while True:
            line = self._line()
            assert re.fullmatch(b"[0-9A-Fa-f]{1,8}", line), f"not a chunk size: {line!r}"
            size = int(line, 16)
            if size == 0:
                assert self._fields() == [], "trailers"
                return b"".join(parts)
            parts.append(self._exactly(size))
            assert self._line() == b"", "no CRLF after a chunk"


def request_bytes(method, target, fields=(), body=b"", version="1.1"):
    names = {name.lower() for name, _ in fields}
    lines = [f"{method} {target} HTTP/{version}"]
    if "host" not in names:
        lines.append("Host: example.test")
    if body and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*parts):
    """A chunked body of `parts`."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
