# SPDX-License-Identifier: MIT
"""Addresses for servers that cannot say which port they were given, or that are started there once more."""
import collections
import socket

_kept = collections.deque(maxlen=100)


def free_address():
    """An address of 127.0.0.1 that nobody else is given. A socket stays bound to it, without listening: so the
    kernel chooses other ports for the many servers and clients of the tests that run beside, while a server
    that asks for this one gets it, since it sets SO_REUSEADDR, too."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    _kept.append(keeper)
    return keeper.getsockname()
