# SPDX-License-Identifier: MIT
"""gunicorn.app.wsgiapp."""

from gunicorn.app.base import Application


class WSGIApplication(Application):
    pass


def run(prog=None):
    WSGIApplication(prog=prog).run()
