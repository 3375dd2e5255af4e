# SPDX-License-Identifier: MIT
import os

LOGS = "logs"
if not os.path.isdir(LOGS):
    os.makedirs(LOGS)

errorlog = os.path.join(LOGS, "error.log")
accesslog = os.path.join(LOGS, "access.log")
access_log_format = '{"status": "%(s)s", "method": "%(m)s", "path": "%(U)s", "query": "%(q)s", "agent": "%(a)s"}'
loglevel = "info"
capture_output = True
workers = 1


def post_fork(server, worker):
    print("printed by a hook", flush=True)
    server.log.error("an error of a hook")
    server.log.debug("nobody sees this")
