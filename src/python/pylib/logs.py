# SPDX-License-Identifier: MIT
"""Python's logging and the error log: the loggers that gunicorn's users know lead there."""

import logging

import _gcorn

LOGGERS = ("gunicorn.error", "gunicorn.access", "gcorn")


class Handler(logging.Handler):
    """Makes lines of the error log of records."""

    def emit(self, record):
        try:
            level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
            _gcorn.log(level, self.format(record))
        except Exception:
            self.handleError(record)


class Log:
    """What gunicorn calls a logger: `server.log`, `worker.log`."""

    def __init__(self, cfg=None):
        self.cfg = cfg
        self.error_log = logging.getLogger("gunicorn.error")
        self.access_log = logging.getLogger("gunicorn.access")

    @property
    def loglevel(self):
        return self.error_log.level

    @property
    def access_log_enabled(self):
        return getattr(self.cfg, "accesslog", None) is not None

    def debug(self, msg, *args, **kwargs):
        self.error_log.debug(msg, *args, **kwargs)

    def info(self, msg, *args, **kwargs):
        self.error_log.info(msg, *args, **kwargs)

    def warning(self, msg, *args, **kwargs):
        self.error_log.warning(msg, *args, **kwargs)

    def error(self, msg, *args, **kwargs):
        self.error_log.error(msg, *args, **kwargs)

    def critical(self, msg, *args, **kwargs):
        self.error_log.critical(msg, *args, **kwargs)

    def exception(self, msg, *args, **kwargs):
        self.error_log.exception(msg, *args, **kwargs)

    def log(self, level, msg, *args, **kwargs):
        if isinstance(level, str):
            level = logging.getLevelName(level.upper())
        self.error_log.log(level, msg, *args, **kwargs)

    def reopen_files(self):
        """Nothing to do: the server opens its own files again."""

    def close_on_exec(self):
        """Nothing to do: no file of the server's crosses an exec."""


def install():
    """Lead the known loggers to the error log. Called again when its level has changed."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, Handler) for handler in logger.handlers):
            logger.addHandler(Handler())
            logger.propagate = False
        logger.setLevel(_gcorn.level() if name != "gunicorn.access" else logging.INFO)
