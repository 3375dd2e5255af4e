# SPDX-License-Identifier: MIT
workers = 1


def nworkers_changed(server, new_value, old_value):
    server.log.info("%s -> %s", old_value, new_value)


def on_reload(server):
    server.log.info("reloads")


def pre_fork(server, worker):
    server.log.info("forks number %d", worker.age)


def child_exit(server, worker):
    server.log.info("number %d has ended", worker.age)
