# SPDX-License-Identifier: MIT
"""What an exception looks like in the error log."""

import traceback

OURS = "<gcorn>"


def without_our_frames(tb):
    """The traceback from the first frame that is not gcorn's own."""
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(OURS):
        tb = tb.tb_next
    return tb


def traceback_text(exc):
    """The whole traceback, causes included, as one text."""
    tb = without_our_frames(exc.__traceback__)
    return "".join(traceback.format_exception(type(exc), exc, tb))


def summary(exc):
    """The last line of it: "ValueError: text"."""
    if isinstance(exc, SyntaxError):
        return f"{type(exc).__name__}: {exc}"  # with the file's name and the line
    return "".join(traceback.format_exception_only(type(exc), exc)).strip()


def exit_code(exc):
    """What a process that ends with this SystemExit leaves with."""
    if exc.code is None:
        return 0
    return exc.code & 0xFF if isinstance(exc.code, int) else 1
