# SPDX-License-Identifier: MIT
"""gunicorn.socket: the client's socket, blocking as far as the app can tell. Its descriptor is not, because the
server's loop shares it; so it waits with a timeout that nobody will see the end of.
"""
import socket

ENDLESS_SECONDS = 2_000_000  # poll() counts milliseconds in 31 bits


class ClientSocket(socket.socket):
    _blocks = False

    def gettimeout(self):
        return None if self._blocks else super().gettimeout()

    timeout = property(gettimeout)

    def settimeout(self, value):
        super().settimeout(ENDLESS_SECONDS if value is None else value)
        self._blocks = value is None

    def setblocking(self, flag):
        self.settimeout(None if flag else 0.0)

    def send(self, data, flags=0):
        """All of it, as a blocking socket does: there are apps that do not look at how much was sent."""
        if not self._blocks:
            return super().send(data, flags)
        self.sendall(data, flags)
        return memoryview(data).nbytes

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None):
        if not self._blocks:
            return super().sendmsg(buffers, ancdata, flags, address)
        data = b"".join(buffers)
        sent = super().sendmsg([data], ancdata, flags, address)
        self.sendall(memoryview(data)[sent:], flags)
        return len(data)


def take(descriptor):
    """The socket, which owns the descriptor."""
    client = ClientSocket(fileno=descriptor)
    client.setblocking(True)
    return client
