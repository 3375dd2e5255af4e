# SPDX-License-Identifier: MIT
"""gunicorn.config: for those who look at settings or derive from its names."""

from _gcorn_settings import Config
from _gcorn_settings import Setting as _Setting

__all__ = ["Config", "Setting", "auto_int"]


class Setting(_Setting):
    """gunicorn's settings derive from this; gcorn's are a table of its own."""

    def __init_subclass__(cls, **kwargs):
        raise TypeError(f"{cls.__name__}: gcorn has no settings of one's own; read a variable instead")


def auto_int(_, value):
    """A number in text, octal if it begins with 0."""
    digits = value.strip()
    if len(digits) > 1 and digits[0] == "0" and digits[1:].isdigit():
        return int(digits, 8)
    return int(digits, 0)
