# SPDX-License-Identifier: MIT
import os

bind = "unix:app.sock"
workers = 2
umask = 0o007
backlog = 64
reload = False
user = os.getuid()
group = os.getgid()
forwarded_allow_ips = "*"
