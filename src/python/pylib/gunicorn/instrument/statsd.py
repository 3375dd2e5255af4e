# SPDX-License-Identifier: MIT
"""gunicorn.instrument.statsd: its class, for those who derive from it."""

from gunicorn.glogging import Logger


class Statsd(Logger):
    pass
