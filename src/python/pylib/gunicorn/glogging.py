# SPDX-License-Identifier: MIT
"""gunicorn.glogging: what subclasses of Logger build on."""

import datetime
import logging
import os
import time

from _gcorn_logs import Log

CONFIG_DEFAULTS = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": True},
        "gunicorn.access": {"level": "INFO", "handlers": ["console"], "propagate": True},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "generic",
            "stream": "ext://sys.stdout",
        },
        "error_console": {
            "class": "logging.StreamHandler",
            "formatter": "generic",
            "stream": "ext://sys.stderr",
        },
    },
    "formatters": {
        "generic": {
            "format": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
            "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
            "class": "logging.Formatter",
        }
    },
}


class SafeAtoms(dict):
    """The values of an access line: quotes are escaped, what is not there is "-"."""

    def __init__(self, atoms):
        super().__init__()
        for key, value in atoms.items():
            self[key] = value.replace('"', '\\"') if isinstance(value, str) else value

    def __getitem__(self, key):
        return super().get(key.lower() if key.startswith("{") else key, "-")


class Logger(Log):
    """The class that logger classes derive from. Its own lines go to the server's error log."""

    LOG_LEVELS = {
        "critical": logging.CRITICAL,
        "error": logging.ERROR,
        "warning": logging.WARNING,
        "info": logging.INFO,
        "debug": logging.DEBUG,
    }
    loglevels = LOG_LEVELS
    error_fmt = r"%(asctime)s [%(process)d] [%(levelname)s] %(message)s"
    datefmt = r"[%Y-%m-%d %H:%M:%S %z]"
    access_fmt = "%(message)s"
    syslog_fmt = "[%(process)d] %(message)s"
    atoms_wrapper_class = SafeAtoms

    def __init__(self, cfg):
        super().__init__(cfg)
        self.setup(cfg)

    def setup(self, cfg):
        self.cfg = cfg

    def now(self):
        return time.strftime("[%d/%b/%Y:%H:%M:%S %z]")

    def atoms(self, resp, req, environ, request_time):
        """The values that an access format may name."""
        seconds = request_time
        if isinstance(request_time, datetime.timedelta):
            seconds = request_time.total_seconds()
        status = resp.status.split(None, 1)[0] if isinstance(resp.status, str) else resp.status
        atoms = {
            "h": environ.get("REMOTE_ADDR", "-"),
            "l": "-",
            "u": "-",
            "t": self.now(),
            "r": "{} {} {}".format(
                environ.get("REQUEST_METHOD"),
                environ.get("RAW_URI"),
                environ.get("SERVER_PROTOCOL"),
            ),
            "s": status,
            "m": environ.get("REQUEST_METHOD"),
            "U": environ.get("PATH_INFO"),
            "q": environ.get("QUERY_STRING"),
            "H": environ.get("SERVER_PROTOCOL"),
            "b": str(resp.sent) if getattr(resp, "sent", None) is not None else "-",
            "B": getattr(resp, "sent", None),
            "f": environ.get("HTTP_REFERER", "-"),
            "a": environ.get("HTTP_USER_AGENT", "-"),
            "T": int(seconds),
            "M": int(seconds * 1000),
            "D": int(seconds * 1000000),
            "L": f"{seconds:.6f}",
            "p": f"<{os.getpid()}>",
        }
        atoms.update((f"{{{name.lower()}}}i", value) for name, value in req.headers)
        atoms.update((f"{{{name.lower()}}}o", value) for name, value in resp.headers)
        atoms.update((f"{{{name.lower()}}}e", str(value)) for name, value in environ.items())
        return atoms

    def access(self, resp, req, environ, request_time):
        """One line for the request, by way of the logger gunicorn.access."""
        atoms = self.atoms_wrapper_class(self.atoms(resp, req, environ, request_time))
        self.access_log.info(self.cfg.access_log_format, atoms)
