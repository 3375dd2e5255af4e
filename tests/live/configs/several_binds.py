# SPDX-License-Identifier: MIT
import os

bind = ["127.0.0.1:%s" % os.environ.get("PORT_ONE", "8000"), "unix:second.sock"]
workers = 2
umask = "0o027"


def when_ready(server):
    server.log.info("%d listeners", len(server.LISTENERS))
