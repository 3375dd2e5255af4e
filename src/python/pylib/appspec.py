# SPDX-License-Identifier: MIT
"""What "module:expression" means, and what to say when it means nothing.

The expression is a name, names joined by dots, or a call of either with Python literals.
"""

import ast
import os
import sys

import _gcorn_report as report

EXIT_BOOT = 3
EXIT_APP = 4


class SpecError(Exception):
    """The spec is at fault, not the app: one line is enough to tell."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def _hint_for(module):
    if module.endswith(".py") and os.path.exists(module):
        name = module[:-3].replace(os.sep, ".").lstrip(".")
        return f"; that is a file, and a module is named without .py: did you mean {name!r}?"
    if os.sep in module:
        return "; a module is named with dots, not as a path"
    return ""


def _import(module):
    if not module:
        raise SpecError(EXIT_BOOT, "no module is named before the colon")
    try:
        __import__(module)
    except ModuleNotFoundError as exc:
        # Only if the search itself failed: an import that fails inside of the module is its fault.
        if report.without_our_frames(exc.__traceback__) is not None:
            raise
        path = os.pathsep.join(entry or "." for entry in sys.path)
        raise SpecError(
            EXIT_BOOT, f"{exc}{_hint_for(module)} (looked for in {path})"
        ) from None
    return sys.modules[module]


def _names(node):
    """["a", "b"] for the expression a.b, None for anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return [node.id, *names]


def _parse(expression):
    """The names, and the arguments of the call or None."""
    try:
        node = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise SpecError(
            EXIT_APP, f"{expression!r} is neither a name nor a call of one"
        ) from None
    call = None
    if isinstance(node, ast.Call):
        call = node
        node = node.func
    names = _names(node)
    if names is None:
        raise SpecError(EXIT_APP, f"{expression!r} is neither a name nor a call of one")
    return names, None if call is None else _literals(expression, call)


def _literals(expression, call):
    try:
        args = [ast.literal_eval(arg) for arg in call.args]
        kwargs = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    except ValueError:
        args, kwargs = [], {None: None}
    if None in kwargs:
        raise SpecError(EXIT_APP, f"the arguments in {expression!r} must be Python literals")
    return args, kwargs


def _near(owner, name):
    import difflib

    near = difflib.get_close_matches(name, [n for n in dir(owner) if not n.startswith("__")], 1)
    return f": did you mean {near[0]!r}?" if near else ""


def _find(module, names):
    found = module
    where = f"module {module.__name__!r}"
    for name in names:
        try:
            found = getattr(found, name)
        except AttributeError:
            raise SpecError(
                EXIT_APP, f"{where} has no attribute {name!r}{_near(found, name)}"
            ) from None
        where = f"{name!r} in {where}"
    return found


def _call(found, expression, args, kwargs):
    if not callable(found):
        raise SpecError(EXIT_APP, f"{expression!r}: what it names is not callable")
    try:
        return found(*args, **kwargs)
    except TypeError as exc:
        # Without a frame of its own the factory was never entered: the arguments do not fit.
        if exc.__traceback__.tb_next is not None:
            raise
        raise SpecError(EXIT_APP, f"{expression!r}: {exc}") from None


def _starts_gunicorn(app):
    """True for what is derived from gunicorn's BaseApplication, as its guide to custom applications has it."""
    base = sys.modules.get("gunicorn.app.base")
    kind = app if isinstance(app, type) else type(app)
    return base is not None and issubclass(kind, base.BaseApplication)


loaded = None  # the app of this process


def load(spec):
    """The app that `spec` names. Raises SpecError, or whatever the app's own code raises."""
    global loaded
    module_name, colon, expression = spec.partition(":")
    module = _import(module_name)
    names, arguments = _parse(expression if colon else "application")
    app = _find(module, names)
    if arguments is not None:
        app = _call(app, expression, *arguments)
    if app is None:
        raise SpecError(EXIT_APP, f"{expression or 'application'!r} is None, not an app")
    if _starts_gunicorn(app):
        raise SpecError(
            EXIT_APP,
            f"{expression!r} is a program that starts gunicorn, not an app: name the app that it is "
            "given, and put its options into a config file",
        )
    if not callable(app):
        kind = type(app).__name__
        raise SpecError(EXIT_APP, f"{expression or 'application'!r} is not callable, but a {kind}")
    loaded = app
    return app


def explain(failed):
    """(exit code, message, traceback or None) for (spec, exception)."""
    spec, exc = failed
    if isinstance(exc, SpecError):
        return exc.code, f'the app "{spec}" cannot be found: {exc}', None
    text = report.traceback_text(exc)
    if isinstance(exc, SystemExit):
        code = report.exit_code(exc)
        return code, f'the app "{spec}" called sys.exit({exc.code!r}) while it was loaded', text
    return EXIT_BOOT, f'the app "{spec}" cannot be loaded: {report.summary(exc)}', text
