# SPDX-License-Identifier: MIT
"""Servers whose logs go to files, and what is in them."""
from .process import wait_until


def read(path):
    """The lines of `path` as text, decoded as a strict reader would; none while it is not there."""
    try:
        return path.read_bytes().decode("utf-8").split("\n")[:-1]
    except FileNotFoundError:
        return []


def wait_lines(path, count):
    """The lines of `path`, once there are `count` of them (and no more)."""
    wait_until(lambda: len(read(path)) >= count, f"{count} lines in {path.name}")
    lines = read(path)
    assert len(lines) == count, lines
    return lines
