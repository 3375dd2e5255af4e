# SPDX-License-Identifier: MIT
"""Apps of PasteDeploy files, read by the PasteDeploy that the app's environment has."""

import os

import _gcorn_appspec as appspec


def variables(pairs):
    """{name: value}; an equals sign in a name is written as \\=."""
    found = {}
    for pair in pairs:
        name, _, value = pair.replace("\\=", "\0").partition("=")
        found[name.replace("\0", "=")] = value.replace("\0", "=")
    return found


def _configure_logging(file):
    """What the file says of Python's loggers, which is meant for the app's."""
    import configparser
    import logging.config

    import _gcorn_logs as logs

    parser = configparser.RawConfigParser()
    parser.read([file])
    if parser.has_section("loggers"):
        defaults = {"__file__": file, "here": os.path.dirname(file)}
        logging.config.fileConfig(file, defaults=defaults, disable_existing_loggers=False)
        logs.install()


def load(arguments):
    """The app of (URI, ["NAME=VALUE"]). Raises SpecError, or whatever the app's own code raises."""
    uri, pairs = arguments
    try:
        from paste.deploy import loadapp
    except ModuleNotFoundError as exc:
        if exc.name not in ("paste", "paste.deploy"):
            raise
        text = "the package PasteDeploy is not installed where the app is: pip install PasteDeploy"
        raise appspec.SpecError(appspec.EXIT_BOOT, text) from None
    if ":" not in uri:
        _configure_logging(uri.partition("#")[0])
        uri = f"config:{uri}"
    appspec.loaded = loadapp(uri, relative_to=os.getcwd(), global_conf=variables(pairs))
    return appspec.loaded
