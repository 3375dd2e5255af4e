# SPDX-License-Identifier: MIT
# In the systemd style: a socket of its own, notification by pid file, clean up at the end.
import os
import stat

SOCKET = os.path.join(os.getcwd(), "run", "app.sock")
os.makedirs(os.path.dirname(SOCKET), exist_ok=True)

bind = f"unix:{SOCKET}"
umask = 0o117
workers = 1


def when_ready(server):
    mode = os.stat(SOCKET).st_mode
    server.log.info("a socket: %s, mode %o", stat.S_ISSOCK(mode), stat.S_IMODE(mode))


def on_exit(server):
    server.log.info("removed: %s", not os.path.exists(SOCKET))
    os.rmdir(os.path.dirname(SOCKET))
