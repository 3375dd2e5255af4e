# SPDX-License-Identifier: MIT
"""Python's logging and the logs: either our error log takes what the loggers that gunicorn's users know
are given, or a logger of the settings takes the lines of our error log (src/python/logger.c)."""

import logging
import os
import traceback

import _gcorn
import _gcorn_configfile as configfile
import _gcorn_report as report

ERROR, ACCESS = "gunicorn.error", "gunicorn.access"
LOGGERS = (ERROR, ACCESS, "gcorn")
DEFAULTS = ("gunicorn.glogging.Logger", "gunicorn.glogging:Logger", "simple")
METHODS = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warning",
    logging.ERROR: "error",
    logging.CRITICAL: "critical",
}


class LogError(Exception):
    """A setting that cannot be followed, told by its message."""


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
        self.error_log = logging.getLogger(ERROR)
        self.access_log = logging.getLogger(ACCESS)

    @property
    def loglevel(self):
        return self.error_log.level

    @property
    def access_log_enabled(self):
        return getattr(self.cfg, "accesslog", None) is not None

    @staticmethod
    def _measure(extra):
        """Send the metric that a line brings along, if there is statsd."""
        values = [(extra or {}).get(name) for name in ("mtype", "metric", "value")]
        if all(value is not None for value in values):
            _gcorn.metric(*values)

    def debug(self, msg, *args, **kwargs):
        self._measure(kwargs.get("extra"))
        if msg:
            self.error_log.debug(msg, *args, **kwargs)

    def info(self, msg, *args, **kwargs):
        self._measure(kwargs.get("extra"))
        if msg:
            self.error_log.info(msg, *args, **kwargs)

    def warning(self, msg, *args, **kwargs):
        self.error_log.warning(msg, *args, **kwargs)

    def error(self, msg, *args, **kwargs):
        self.error_log.error(msg, *args, **kwargs)

    def critical(self, msg, *args, **kwargs):
        self.error_log.critical(msg, *args, **kwargs)

    def exception(self, msg, *args, **kwargs):
        self.error_log.exception(msg, *args, **kwargs)

    def log(self, lvl, msg, *args, **kwargs):
        if isinstance(lvl, str):
            lvl = logging.getLevelName(lvl.upper())
        self._measure(kwargs.get("extra"))
        if msg:
            self.error_log.log(lvl, msg, *args, **kwargs)

    def access(self, resp, req, environ, request_time):
        """What gunicorn's logger would write of a request, by way of gunicorn.access."""
        from _gcorn_logger import Logger

        logger = Logger.__new__(Logger)  # without its handlers, which are for logs that Python writes
        logger.cfg, logger.error_log, logger.access_log = self.cfg, self.error_log, self.access_log
        logger.access(resp, req, environ, request_time)

    def setup(self, cfg):
        """Nothing to do: the server opens its own logs."""

    def reopen_files(self):
        """Nothing to do: the server opens its own files again."""

    def close_on_exec(self):
        """Nothing to do: no file of the server's crosses an exec."""


class Opened:
    """The logger that writes the logs, with the handlers that came with it."""

    def __init__(self, hooks, logger, added):
        self.hooks = hooks
        self.logger = logger
        self.added = added


opened = None


def install():
    """Lead the known loggers to the error log. Called again when its level has changed."""
    for name in LOGGERS if opened is None else ("gcorn",):
        logger = logging.getLogger(name)
        if not any(isinstance(handler, Handler) for handler in logger.handlers):
            logger.addHandler(Handler())
            logger.propagate = False
        logger.setLevel(_gcorn.level() if name != ACCESS else logging.INFO)


def given_to(name):
    """The filters and handlers that the logger has from others than us, and than the logger that writes the logs."""
    logger = logging.getLogger(name)
    ours = [handler for _, handler in opened.added] if opened else []
    foreign = [each for each in logger.handlers if not isinstance(each, (Handler, logging.NullHandler))]
    return logger.filters + [handler for handler in foreign if handler not in ours]


def _is_touched(name):
    """True if somebody has given the logger what can have an effect on lines of the server."""
    return bool(given_to(name)) or (name == ACCESS and logging.getLogger(name).level > logging.INFO)


def warn_of_touched(names):
    """Say it of those of these loggers whose filters and handlers see no line, since the server writes them."""
    for name in names if opened is None else ():
        if _is_touched(name):
            _gcorn.log(
                logging.WARNING,
                f"the logger {name} has filters, handlers or a level of its own, but the server writes its lines "
                'without it; to have Python write them, set logconfig_dict = {"root": {"level": "INFO", "handlers": []}}',
            )


def _handlers():
    return [(name, handler) for name in (ERROR, ACCESS) for handler in logging.getLogger(name).handlers]


def _withdraw():
    """Take away what leads to our error log, or came with the logger that has been; returns it."""
    ours = [(name, handler) for name, handler in _handlers() if isinstance(handler, Handler)]
    gone = ours + (opened.added if opened else [])
    for name, handler in gone:
        logging.getLogger(name).removeHandler(handler)
    return gone


def _entry_point(group, name):
    from importlib import metadata

    points = metadata.entry_points()
    found = points.select(group=group) if hasattr(points, "select") else points.get(group, ())
    for point in found:
        if point.name == name:
            return point.load()
    raise ImportError(f"no installed package has {name!r} among its entry points {group!r}")


def find_class(value, statsd_host):
    """The class that logger_class means."""
    if value is configfile.logger() and statsd_host:
        return configfile.find("gunicorn.instrument.statsd.Statsd")  # as for the default that it is
    if not isinstance(value, str):
        return value
    if value in DEFAULTS:
        from _gcorn_logger import Logger

        return Logger
    if value.startswith("egg:") or ("." not in value and ":" not in value):
        return _entry_point("gunicorn.loggers", value.rpartition("#")[2])
    return configfile.find(value)


def _create(cfg):
    cls = find_class(cfg.logger_class, cfg.statsd_host)
    if hasattr(cls, "install"):
        cls.install()
    logger = cls(cfg)
    if hasattr(logger, "close_on_exec"):
        logger.close_on_exec()
    return logger


def check(hooks):
    """What can be said of the logger of these hooks' settings without a handler that opens or sends anything."""
    from _gcorn_logger import Logger, configure

    cls = find_class(hooks.cfg.logger_class, hooks.cfg.statsd_host)
    if getattr(cls, "setup", None) is Logger.setup:
        configure(hooks.cfg, is_applied=False)


def take_over(arguments):
    """
    (hooks or None, wanted): let the logger of these hooks' settings write the logs from now on, or, if
    none is wanted, the server. Returns the level from which on it wants lines, or None. If it raises,
    all is as before.
    """
    global opened
    hooks, wanted = arguments
    if wanted and opened is not None and opened.hooks is hooks:
        return _level(opened.logger)
    before = opened
    gone = _withdraw()
    if not wanted:
        opened = None
        install()
        if hooks is not None:
            hooks.log = Log(hooks.cfg)
        return None
    kept = {id(handler) for _, handler in _handlers()}
    try:
        logger = _create(hooks.cfg)
    except BaseException:
        for name, handler in _handlers():
            if id(handler) not in kept:
                logging.getLogger(name).removeHandler(handler)
        for name, handler in gone:
            logging.getLogger(name).addHandler(handler)
        raise
    opened = Opened(hooks, logger, [pair for pair in _handlers() if id(pair[1]) not in kept])
    hooks.log = logger
    install()
    for _, handler in before.added if before else ():
        if handler not in (other for _, other in _handlers()):
            handler.close()
    return _level(logger)


def _level(logger):
    error_log = getattr(logger, "error_log", None)
    if isinstance(error_log, logging.Logger):
        return error_log.getEffectiveLevel()
    return _gcorn.level()


def explain(failed):
    """(exit code, message, traceback or None) for (the setting, exception)."""
    setting, exc = failed
    if isinstance(exc, SystemExit):
        return report.exit_code(exc), f"{setting}: called sys.exit({exc.code!r})", None
    if isinstance(exc, LogError):
        return 1, str(exc), None
    return 1, f"{setting}: the logger cannot be made: {report.summary(exc)}", report.traceback_text(exc)


def line(arguments):
    """A line of the error log: (level, text)."""
    level, text = arguments
    getattr(opened.logger, METHODS.get(level, "error"))(text)


def exception(arguments):
    """An exception under a heading: (level, heading, exception)."""
    level, heading, exc = arguments
    clean = report.without_our_frames(exc.__traceback__)
    if level < logging.ERROR:
        text = "".join(traceback.format_exception(type(exc), exc, clean))
        line((level, f"{heading}\n{text.rstrip()}"))
        return
    try:
        raise exc
    except BaseException:  # so that sys.exc_info() has it, which exception() looks at
        exc.__traceback__ = clean
        opened.logger.exception(heading)


def give_away(file, cfg):
    """To the user that workers become, who open it again; not if somebody else could have put it there."""
    if os.fstat(file.fileno()).st_nlink == 1:
        try:
            os.fchown(file.fileno(), cfg.user, cfg.group)
        except OSError:
            pass  # only root may; for others the file is theirs


def reopen(_):
    """Files that setup() has made are made again; by the arbiter first, which may be root."""
    opened.logger.reopen_files()
    for _, handler in _handlers():
        if isinstance(handler, logging.FileHandler) and getattr(handler, "_gunicorn", False):
            if handler.stream:
                give_away(handler.stream, opened.hooks.cfg)


def metric(arguments):
    """A metric of the arbiter's: (name, type, value)."""
    name, mtype, value = arguments
    extra = {"metric": name, "value": value, "mtype": mtype}
    opened.logger.debug(f"{name}: {value}", extra=extra)
