# SPDX-License-Identifier: MIT
import os

name = "shop"
pidfile = "%s.pid" % name
proc_name = name
default_proc_name = "ignored"
workers = 1


def when_ready(server):
    with open(pidfile) as f:
        server.log.info("our own pid is in the file: %s", int(f.read()) == os.getpid() == server.pid)


def on_exit(server):
    server.log.info("the file is gone: %s", not os.path.exists(pidfile))
