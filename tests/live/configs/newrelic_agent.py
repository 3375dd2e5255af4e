# SPDX-License-Identifier: MIT
import os

import newrelic.agent

workers = 2
config_file = os.path.join(os.path.dirname(__file__), "newrelic.ini")


def post_fork(server, worker):
    newrelic.agent.initialize(config_file, "staging")
    newrelic.agent.register_application(timeout=10.0)


def worker_exit(server, worker):
    newrelic.agent.shutdown_agent(timeout=2.5)
