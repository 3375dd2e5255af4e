# SPDX-License-Identifier: MIT
# Settings module, secrets and time zone for a Django project outside the current directory.
from os.path import abspath, dirname, join

BASE_DIR = dirname(abspath(__file__))

chdir = join(BASE_DIR, "project", "src")
pythonpath = join(BASE_DIR, "project", "lib") + "," + BASE_DIR
raw_env = [
    "DJANGO_SETTINGS_MODULE=shop.settings",
    "SECRET_KEY=a=b c'd\"e",
    "TZ=UTC",
    "EMPTY=",
]
wsgi_app = "shop.site"
workers = 1
timeout = 120


def post_worker_init(worker):
    import os

    worker.log.info("settings: %s", os.environ["DJANGO_SETTINGS_MODULE"])
