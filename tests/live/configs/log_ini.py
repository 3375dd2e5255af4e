# SPDX-License-Identifier: MIT
import os

logconfig = os.path.join(os.path.dirname(os.path.abspath(__file__)), "logging.ini")
access_log_format = '%(m)s %(U)s %(s)s "%(a)s"'
workers = 1


def when_ready(server):
    server.log.error("a line of a hook")
