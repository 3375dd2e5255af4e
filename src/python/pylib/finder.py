# SPDX-License-Identifier: MIT
"""Finds the modules that are part of the program.

It comes last in sys.meta_path: a gunicorn package that is installed is the one that is imported,
and only where there is none its place is taken by the modules in pylib/gunicorn. What they do not have is
an ImportError that says where it would be.
"""

import sys
from importlib.machinery import ModuleSpec

import _gcorn

PREFIX = "_gcorn_"
STAND_IN = "gunicorn"


class Finder:
    """Finder and loader in one: everything is in memory."""

    @classmethod
    def _is_in_stand_in(cls, name):
        """True for a module below a package of ours; the real one has what it has."""
        parent = sys.modules.get(name.rpartition(".")[0])
        return name.startswith(STAND_IN + ".") and getattr(parent, "__loader__", None) is cls

    @classmethod
    def _file_of(cls, name):
        """The embedded file's name and whether it is a package, or None."""
        if name.startswith(PREFIX):
            file = name[len(PREFIX) :]
        elif name == STAND_IN:
            file = name
        elif cls._is_in_stand_in(name):
            file = name.replace(".", "/")
        else:
            return None
        if _gcorn.source(file) is not None:
            return file, False
        if _gcorn.source(file + "/__init__") is not None:
            return file + "/__init__", True
        return None

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = cls._file_of(name)
        if found is None:
            if cls._is_in_stand_in(name):
                raise ModuleNotFoundError(
                    f"gcorn stands in for gunicorn here and has no {name}; where gunicorn is "
                    "installed too, it is imported from there",
                    name=name,
                )
            return None
        file, is_package = found
        spec = ModuleSpec(name, cls, origin=f"<gcorn>/{file}.py", is_package=is_package)
        spec.loader_state = file
        return spec

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        spec = module.__spec__
        source = _gcorn.source(spec.loader_state)
        if not module.__name__.startswith(PREFIX):
            module.__file__ = spec.origin  # what "cannot import name" shows
        exec(compile(source, spec.origin, "exec", dont_inherit=True), module.__dict__)


sys.meta_path.append(Finder)
