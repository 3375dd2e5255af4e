# SPDX-License-Identifier: MIT
"""The class that writes the logs with Python's logging, in the way and under the names of gunicorn's: what
logger classes derive from, and what logconfig and its kin configure."""

import base64
import binascii
import configparser
import json
import logging
import logging.config
import logging.handlers
import os
import socket
import sys
import threading
import time
import traceback

import _gcorn
from _gcorn_logs import Log, LogError, give_away

CONFIG_DEFAULTS = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {
        "gunicorn.error": {
            "level": "INFO",
            "handlers": ["error_console"],
            "propagate": True,
            "qualname": "gunicorn.error",
        },
        "gunicorn.access": {
            "level": "INFO",
            "handlers": ["console"],
            "propagate": True,
            "qualname": "gunicorn.access",
        },
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
SYSLOG_FACILITIES = dict(logging.handlers.SysLogHandler.facility_names)


def loggers():
    """Every logger with a name."""
    return [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]


def file_handlers():
    return [
        handler
        for logger in loggers()
        for handler in logger.handlers
        if isinstance(handler, logging.FileHandler)
    ]


def parse_syslog_address(addr):
    """(type of socket or None, path or (host, port)) of udp://, tcp:// or unix://."""
    scheme, _, rest = addr.partition("://")
    types = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
    if scheme == "unix":
        path, _, kind = rest.partition("#")
        return socket.SOCK_DGRAM if kind == "dgram" else None, path
    if scheme not in types:
        raise RuntimeError("invalid syslog address")
    host, _, port = rest.rpartition(":") if ":" in rest.rpartition("]")[2] else (rest, "", "514")
    if not port.isdigit():
        raise RuntimeError(f"{port!r} is not a valid port number.")
    return types[scheme], (host.strip("[]").lower() or "localhost", int(port))


class SafeAtoms(dict):
    """The values of an access line: quotes are escaped, what is not there is "-"."""

    def __init__(self, atoms):
        super().__init__()
        for key, value in atoms.items():
            self[key] = value.replace('"', '\\"') if isinstance(value, str) else value

    def __getitem__(self, key):
        return super().get(key.lower() if key.startswith("{") else key, "-")


def _pairs(headers):
    """(name, value) of a list of them, a mapping, or an object that has one."""
    headers = getattr(headers, "headers", headers)
    return headers.items() if hasattr(headers, "items") else headers


class Logger(Log):
    """gunicorn's logger."""

    LOG_LEVELS = {
        "critical": logging.CRITICAL,
        "error": logging.ERROR,
        "warning": logging.WARNING,
        "info": logging.INFO,
        "debug": logging.DEBUG,
    }
    loglevel = logging.INFO
    error_fmt = r"%(asctime)s [%(process)d] [%(levelname)s] %(message)s"
    datefmt = r"[%Y-%m-%d %H:%M:%S %z]"
    access_fmt = "%(message)s"
    syslog_fmt = "[%(process)d] %(message)s"
    atoms_wrapper_class = SafeAtoms

    def __init__(self, cfg):
        super().__init__(cfg)
        self.error_log.propagate = False
        self.access_log.propagate = False
        self.error_handlers = []
        self.access_handlers = []
        self.logfile = None
        self.lock = threading.Lock()
        self.setup(cfg)

    def setup(self, cfg):
        """Handlers as the settings say. What the process itself prints is the server's business."""
        self.cfg = cfg
        self.loglevel = self.LOG_LEVELS.get(cfg.loglevel.lower(), logging.INFO)
        self.error_log.setLevel(self.loglevel)
        self.access_log.setLevel(logging.INFO)
        for log in (self.error_log, self.access_log):
            for handler in [entry for entry in log.handlers if getattr(entry, "_gunicorn", False)]:
                log.removeHandler(handler)
        error_format = logging.Formatter(self.error_fmt, self.datefmt)
        self._set_handler(self.error_log, cfg.errorlog, error_format)
        if cfg.accesslog is not None:
            access_format = logging.Formatter(self.access_fmt)
            self._set_handler(self.access_log, cfg.accesslog, access_format, sys.stdout)
        if cfg.syslog:
            self._set_syslog_handler(self.error_log, cfg, self.syslog_fmt, "error")
            if not cfg.disable_redirect_access_to_syslog:
                self._set_syslog_handler(self.access_log, cfg, self.syslog_fmt, "access")
        configure(cfg)

    def warning(self, msg, *args, **kwargs):
        super().warning(msg, *args, **kwargs)
        _gcorn.count(logging.WARNING)

    def error(self, msg, *args, **kwargs):
        super().error(msg, *args, **kwargs)
        _gcorn.count(logging.ERROR)

    def critical(self, msg, *args, **kwargs):
        super().critical(msg, *args, **kwargs)
        _gcorn.count(logging.CRITICAL)

    def exception(self, msg, *args, **kwargs):
        super().exception(msg, *args, **kwargs)
        _gcorn.count(_gcorn.EXCEPTION)

    def log(self, lvl, msg, *args, **kwargs):
        if isinstance(lvl, str):
            lvl = self.LOG_LEVELS.get(lvl.lower(), logging.INFO)
        super().log(lvl, msg, *args, **kwargs)

    @property
    def access_log_enabled(self):
        cfg = self.cfg
        to_syslog = cfg.syslog and not cfg.disable_redirect_access_to_syslog
        return bool(
            cfg.accesslog or cfg.logconfig or cfg.logconfig_dict or cfg.logconfig_json or to_syslog
        )

    def now(self):
        return time.strftime("[%d/%b/%Y:%H:%M:%S %z]")

    def atoms(self, resp, req, environ, request_time):
        """The values that an access format may name."""
        status = resp.status.split(None, 1)[0] if isinstance(resp.status, str) else resp.status
        sent = getattr(resp, "sent", None)
        seconds, micros = request_time.seconds, request_time.microseconds
        request = (environ["REQUEST_METHOD"], environ["RAW_URI"], environ["SERVER_PROTOCOL"])
        atoms = {
            "h": environ.get("REMOTE_ADDR", "-"),
            "l": "-",
            "u": self._get_user(environ) or "-",
            "t": self.now(),
            "r": " ".join(request),
            "s": status,
            "m": environ.get("REQUEST_METHOD"),
            "U": environ.get("PATH_INFO"),
            "q": environ.get("QUERY_STRING"),
            "H": environ.get("SERVER_PROTOCOL"),
            "b": str(sent) if sent is not None else "-",
            "B": sent,
            "f": environ.get("HTTP_REFERER", "-"),
            "a": environ.get("HTTP_USER_AGENT", "-"),
            "T": seconds,
            "M": seconds * 1000 + micros // 1000,
            "D": seconds * 1000000 + micros,
            "L": f"{seconds}.{micros:06d}",
            "p": f"<{os.getpid()}>",
        }
        for letter, pairs in (("i", _pairs(req)), ("o", _pairs(resp)), ("e", environ.items())):
            atoms.update((f"{{{name.lower()}}}{letter}", value) for name, value in pairs)
        return atoms

    def access(self, resp, req, environ, request_time):
        """One line for the request, by way of the logger gunicorn.access."""
        if not self.access_log_enabled:
            return
        atoms = self.atoms_wrapper_class(self.atoms(resp, req, environ, request_time))
        try:
            self.access_log.info(self.cfg.access_log_format, atoms)
        except Exception:
            self.error(traceback.format_exc())

    def reopen_files(self):
        """After a rotation; the server does the same with its own file. What cannot be opened stays open."""
        for handler in file_handlers():
            try:
                self._reopen(handler)
            except OSError as exc:
                text = 'cannot open the log "%s" again, so the old file stays in use: %s'
                self.warning(text, handler.baseFilename, exc.strerror)

    def _reopen(self, handler):
        handler.acquire()
        try:
            if handler.stream:
                before, handler.stream = handler.stream, handler._open()
                before.close()
        finally:
            handler.release()

    def close_on_exec(self):
        for handler in file_handlers():
            if handler.stream:
                os.set_inheritable(handler.stream.fileno(), False)

    def _get_gunicorn_handler(self, log):
        return next((entry for entry in log.handlers if getattr(entry, "_gunicorn", False)), None)

    def _set_handler(self, log, output, fmt, stream=None):
        """Have the log written to a file, to a stream for "-", or nowhere; instead of what setup() has set."""
        before = self._get_gunicorn_handler(log)
        if before:
            log.removeHandler(before)
        if output is None:
            return
        if output == "-":
            handler = logging.StreamHandler(stream)
        else:
            try:
                handler = logging.FileHandler(output)
            except OSError as exc:
                raise LogError(f'cannot open the log "{output}": {exc.strerror}') from exc
            give_away(handler.stream, self.cfg)
        self._add(log, handler, fmt)

    def _set_syslog_handler(self, log, cfg, fmt, name):
        facility = cfg.syslog_facility.lower()
        if facility not in SYSLOG_FACILITIES:
            raise LogError(f"syslog_facility: {cfg.syslog_facility}: unknown facility name")
        kind, addr = parse_syslog_address(cfg.syslog_addr)
        prefix = cfg.syslog_prefix or cfg.proc_name.replace(":", ".")
        handler = logging.handlers.SysLogHandler(
            address=addr, facility=SYSLOG_FACILITIES[facility], socktype=kind
        )
        self._add(log, handler, logging.Formatter(f"gunicorn.{prefix}.{name}: {fmt}"))

    @staticmethod
    def _add(log, handler, fmt):
        handler.setFormatter(fmt)
        handler._gunicorn = True
        log.addHandler(handler)

    def _get_user(self, environ):
        """The user of Basic authorization, or None."""
        scheme, _, text = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme.lower().startswith("basic") or not text:
            return None
        try:
            return base64.b64decode(text.strip().encode()).split(b":", 1)[0].decode()
        except (TypeError, binascii.Error, UnicodeError) as exc:
            self.debug("Couldn't get username: %s", exc)
            return None


def configure(cfg, is_applied=True):
    """Python's own configuration, of which there are three; the first that is set counts."""
    for name, read, apply in (
        ("logconfig_dict", _merge, logging.config.dictConfig),
        ("logconfig_json", _read_json, logging.config.dictConfig),
        ("logconfig", _read_ini, _apply_ini),
    ):
        value = getattr(cfg, name)
        if not value:
            continue
        where = name if isinstance(value, dict) else f"{name}: {value}"
        try:
            config = read(value)
            if is_applied:
                apply(config)
        except OSError as exc:
            file = f" ({exc.filename})" if exc.filename not in (None, value) else ""
            raise LogError(f"{where}: {exc.strerror or exc}{file}") from exc
        except Exception as exc:
            reason = exc.__cause__ or exc
            detail = f": {reason}" if reason is not exc else ""
            raise LogError(f"{where}: {type(exc).__name__}: {exc}{detail}") from exc
        return


def _merge(config):
    return {**CONFIG_DEFAULTS, **config}


def _read_json(path):
    with open(path, encoding="utf-8") as file:
        return _merge(json.load(file))


def _read_ini(path):
    defaults = {**CONFIG_DEFAULTS, "__file__": path, "here": os.path.dirname(path)}
    parser = configparser.ConfigParser(defaults)
    with open(path, encoding="utf-8") as file:
        parser.read_file(file)
    for section in ("loggers", "handlers", "formatters"):
        parser.get(section, "keys")  # says what is missing better than fileConfig
    return parser


def _apply_ini(parser):
    logging.config.fileConfig(parser, disable_existing_loggers=False)
