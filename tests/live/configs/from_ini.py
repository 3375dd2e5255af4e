# SPDX-License-Identifier: MIT
# Values from a file beside this one, which operations may edit.
import configparser
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)

parser = configparser.ConfigParser()
parser.read(os.path.join(here, "server.ini"))
section = dict(parser["server"])

workers = section["workers"]
timeout = section["timeout"]
preload_app = parser.getboolean("server", "preload")
forwarded_allow_ips = section["trusted"]
globals().update((name, value) for name, value in parser["limits"].items())
del parser


def post_fork(server, worker):
    server.log.info("timeout: %s", server.cfg.timeout)
