# SPDX-License-Identifier: MIT
"""gunicorn.util: the helpers that config files use."""

import email.utils
import fcntl
import inspect
import ipaddress
import os
import sys

import _gcorn_appspec as appspec
import _gcorn_configfile as configfile
import _gcorn_settings as settings

from gunicorn.errors import AppImportError


def import_app(module):
    """The app that "module:name" names."""
    try:
        return appspec.load(module)
    except appspec.SpecError as exc:
        if exc.code == appspec.EXIT_APP:
            raise AppImportError(str(exc)) from None
        raise ImportError(str(exc)) from None


def load_class(uri, default="gunicorn.workers.sync.SyncWorker", section="gunicorn.workers"):
    """The class that a dotted name names; a class is returned as it is."""
    if inspect.isclass(uri):
        return uri
    from gunicorn.workers import SUPPORTED_WORKERS

    return configfile.find(SUPPORTED_WORKERS.get(uri, uri))


def parse_address(netloc, default_port="8000"):
    return settings.address(netloc if ":" in netloc else f"{netloc}:{default_port}")


def is_ipv6(addr):
    try:
        return ipaddress.ip_address(addr).version == 6
    except ValueError:
        return False


def getcwd():
    """The current directory, by the name that PWD has for it if that is true."""
    try:
        if os.path.samefile(os.environ["PWD"], os.getcwd()):
            return os.environ["PWD"]
    except (KeyError, OSError):
        pass
    return os.getcwd()


def get_arity(function):
    return sum(
        parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        for parameter in inspect.signature(function).parameters.values()
    )


def http_date(timestamp=None):
    return email.utils.formatdate(timestamp, localtime=False, usegmt=True)


def has_fileno(obj):
    try:
        obj.fileno()
    except (AttributeError, OSError):
        return False
    return True


def to_bytestring(value, encoding="utf8"):
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value.encode(encoding)


def bytes_to_str(value):
    return value if isinstance(value, str) else value.decode("latin1")


def unlink(filename):
    try:
        os.unlink(filename)
    except FileNotFoundError:
        pass


def close_on_exec(fd):
    os.set_inheritable(fd if isinstance(fd, int) else fd.fileno(), False)


def set_non_blocking(fd):
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_NONBLOCK)


def warn(msg):
    print(f"gcorn: warning: {msg}", file=sys.stderr)
