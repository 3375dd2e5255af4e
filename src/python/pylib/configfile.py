# SPDX-License-Identifier: MIT
"""Executes a config file in Python and sorts what it has assigned.

The C side (configfile.c) gives the table of settings and takes a list of (setting, line, kind,
value), where kind names the function that puts the value.
"""

import ast
import collections.abc
import importlib
import importlib.machinery
import inspect
import io
import os
import sys
import types

import _gcorn

MODULE = "__config__"
NO_LISTS = (bytes, bytearray, io.IOBase)  # though they can be iterated over
LOGGER = "gunicorn.glogging.Logger"
LOGGER_MODULES = {"gunicorn.glogging", "_gcorn_logger", "_gcorn_logs"}
RESPONSE_MODULES = {"gunicorn.http.wsgi", "_gcorn_exchange"}
LOGGER_TEXTS = {
    "error_fmt": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
    "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
    "access_fmt": "%(message)s",
    "syslog_fmt": "[%(process)d] %(message)s",
}


def _run_file(path):
    """Execute the file as a module of its own, without a cache that an edit could be younger than."""
    module = types.ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module
    if path.endswith(".pyc"):
        loader = importlib.machinery.SourcelessFileLoader(MODULE, path)
        code = loader.get_code(MODULE)
        lines = {}
    else:
        with open(path, "rb") as file:
            source = file.read()
        code = compile(source, path, "exec", dont_inherit=True)
        lines = _lines_of(source)
    exec(code, module.__dict__)
    return module, lines


def _run_module(name):
    """Import the module, again if it was imported for this before."""
    module = sys.modules.get(name)
    module = importlib.import_module(name) if module is None else importlib.reload(module)
    path = getattr(module, "__file__", None)
    if path is None or not path.endswith(".py"):
        return module, {}
    with open(path, "rb") as file:
        return module, _lines_of(file.read())


class _Lines(ast.NodeVisitor):
    """The line of the last statement at the file's own level that binds each name."""

    def __init__(self):
        self.lines = {}

    def visit_FunctionDef(self, node):
        self.lines[node.name] = node.lineno

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node):
        pass

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.lines[node.id] = node.lineno

    def visit_alias(self, node):
        # An alias has a line of its own from 3.10 on only.
        self.lines[(node.asname or node.name).split(".")[0]] = getattr(node, "lineno", 0)


def _lines_of(source):
    visitor = _Lines()
    visitor.visit(ast.parse(source))
    return visitor.lines


def _shown(value):
    """A callable's or class's name for people, and for those who compare it with known ones."""
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or repr(value)
    return f"{module}.{name}" if module and module != MODULE else name


def accepts(function, count):
    """True if the function can be called with `count` positional arguments."""
    try:
        inspect.signature(function).bind(*([None] * count))
    except TypeError:
        return False
    except ValueError:
        return True  # it does not say; builtins mostly
    return True


def find(text):
    """The object that "pkg.mod.attr" or "pkg.mod:attr" names. Raises ImportError, AttributeError, ValueError."""
    module, _, name = text.rpartition(":") if ":" in text else text.rpartition(".")
    if not module or not name:
        raise ValueError('expected a name as "module:name"')
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def check_hook(hook, least, most):
    """What is wrong with it as a hook, or None."""
    if not callable(hook):
        return f"{hook!r} is not callable"
    if not any(accepts(hook, count) for count in range(least, most + 1)):
        arguments = f"{least}" if least == most else f"{least} to {most}"
        return f"{_shown(hook)} must take {arguments} positional arguments"
    return None


def _hook(value, least, most):
    if value is None:
        return "none", None
    if isinstance(value, str):
        try:
            value = find(value.strip())
        except (ImportError, AttributeError, ValueError) as exc:
            return "error", f"{value!r}: {exc}"
    wrong = check_hook(value, least, most)
    return ("error", wrong) if wrong else ("object", (_shown(value), value))


def logger():
    """gunicorn's class, if the file has imported it."""
    return getattr(sys.modules.get("gunicorn.glogging"), "Logger", None)


def _is_changed(cls, modules):
    """True if the class, or a function in it, is of another module than these."""
    members = [cls, *vars(cls).values()]
    return not {getattr(member, "__module__", None) for member in members if callable(member)} <= modules


def _logger_is_changed():
    """True if the file has put a class in its place, or something into it."""
    cls = logger()
    if cls is None:
        return False
    texts = [getattr(cls, name, text) == text for name, text in LOGGER_TEXTS.items()]
    return _is_changed(cls, LOGGER_MODULES) or not all(texts)


def _loggers_are_touched():
    """True if gunicorn's loggers have filters, or handlers that are not the server's."""
    if "logging" not in sys.modules:
        return False
    import _gcorn_logs as logs

    return any(logs.given_to(name) for name in (logs.ERROR, logs.ACCESS))


uses_logger = False  # the file has changed gunicorn's class or given its loggers something: Python has to log


def _class(value):
    if inspect.isfunction(value) or inspect.ismethod(value):
        value = value()
    if isinstance(value, str):
        return "text", value
    if inspect.isclass(value) and value is logger():
        return ("object", (f"{LOGGER}, changed", value)) if uses_logger else ("text", LOGGER)
    if inspect.isclass(value):
        return "object", (_shown(value), value)
    return ("none", None) if value is None else ("error", f"{value!r}: expected a class or its name")


def _texts(value):
    """A list's items as the text of each; numbers are not texts."""
    wrong = [item for item in value if not isinstance(item, str)]
    if wrong:
        return "error", f"{wrong[0]!r} in the list: expected only texts"
    return "list", list(value)


def _plain(value):
    if value is None:
        return "none", None
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return "int", value
        return "error", f"{value}: expected a number of at most 64 bits"
    if isinstance(value, str):
        return ("text", value) if "\0" not in value else ("error", f"{value!r}: has a NUL")
    if isinstance(value, dict):
        if all(isinstance(text, str) for pair in value.items() for text in pair):
            return "dict", list(value.items())
        return "error", f"{value!r}: expected texts as keys and as values"
    if isinstance(value, os.PathLike):
        return "error", f"{value!r}: expected a text; write str({os.fspath(value)!r})"
    if isinstance(value, collections.abc.Iterable) and not isinstance(value, NO_LISTS):
        try:
            items = sorted(value) if isinstance(value, (set, frozenset)) else list(value)
        except Exception as exc:
            return "error", f"{value!r}: cannot be made a list: {exc}"
        return _texts(items)
    return "error", f"{value!r}: expected a text, a number, a truth, a list or a dictionary"


def _sort(kind, value, least, most):
    if kind == "hook":
        return _hook(value, least, most)
    if kind == "class":
        return _class(value)
    if kind == "tree" and isinstance(value, dict):
        return "object", (repr(value), value)
    if kind == "any":
        return "text", str(value)
    if isinstance(value, float):
        is_taken = kind == "fraction"
        return ("text", repr(value)) if is_taken else ("error", f"{value!r}: expected no float")
    return _plain(value)


def read(request):
    """[(setting, line, kind, value)] for (path, module, start directory, table of settings)."""
    global uses_logger
    path, module_name, start_dir, table = request
    before = os.getcwd()
    os.chdir(start_dir)
    try:
        if start_dir not in sys.path:
            sys.path.insert(0, start_dir)
        module, lines = _run_file(path) if path else _run_module(module_name)
    finally:
        os.chdir(before)
    found = dict(vars(module))
    uses_logger = _logger_is_changed() or _loggers_are_touched()
    if uses_logger and found.get("logger_class", LOGGER) == LOGGER:
        found["logger_class"] = importlib.import_module("gunicorn.glogging").Logger
    return [
        (name, lines.get(name, 0), *_sort(kind, found[name], least, most))
        for name, kind, least, most in table
        if name in found
    ]


def _warn(text):
    from _gcorn_settings import WARNING

    _gcorn.log(WARNING, text)


def _warn_of_response():
    """Say it if somebody has changed the class whose default_headers() are gunicorn's own fields."""
    cls = getattr(sys.modules.get("gunicorn.http.wsgi"), "Response", None)
    if cls is not None and _is_changed(cls, RESPONSE_MODULES):
        _warn(
            "gunicorn.http.wsgi.Response was changed, which has no effect here; for another Server field "
            'write gunicorn.SERVER = "name" in the config file',
        )


def identity(name):
    """What was assigned to gunicorn.SERVER or gunicorn.SERVER_SOFTWARE, or None. It may be empty, to hide it."""
    if name == "SERVER":
        _warn_of_response()
    module = sys.modules["gunicorn"]
    value = getattr(module, name, None)
    version = getattr(module, "__version__", "")
    defaults = ("gcorn", "gunicorn", f"gunicorn/{version}", _gcorn.server_software)
    if value is None or value in defaults:
        return None
    if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= 100:
        return value
    _warn(f"gunicorn.{name} = {value!r:.120}: expected up to 100 printable ASCII characters; it stays as it was")
    return None


def explain(failed):
    """(exit code, message, traceback or None) for (how the file is called, exception)."""
    import _gcorn_report as report

    shown, exc = failed
    if isinstance(exc, SystemExit):
        return report.exit_code(exc), f"{shown}: called sys.exit({exc.code!r})", None
    return 1, f"{shown}: {report.summary(exc)}", report.traceback_text(exc)
