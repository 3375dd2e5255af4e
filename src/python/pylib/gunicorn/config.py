# SPDX-License-Identifier: MIT
"""gunicorn.config: for those who look at settings or derive from its names."""

from _gcorn_hooks import Config, Setting

__all__ = ["Config", "Setting", "auto_int"]


def auto_int(_, value):
    """A number in text, octal if it begins with 0."""
    digits = value.strip()
    if len(digits) > 1 and digits[0] == "0" and digits[1:].isdigit():
        return int(digits, 8)
    return int(digits, 0)
