# SPDX-License-Identifier: MIT
# Metrics to the agent on the same machine, and syslog left alone.
statsd_host = "localhost:9125"
statsd_prefix = "shop.web"
dogstatsd_tags = "env:staging,team:shop"
syslog = False
workers = 2
worker_tmp_dir = "/dev/shm"


def worker_exit(server, worker):
    server.log.info("worker %d leaves", worker.age)
