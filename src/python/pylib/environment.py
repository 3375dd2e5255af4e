# SPDX-License-Identifier: MIT
"""The process's variables as Python sees them."""

import os


def refresh(entries):
    """Take over what was set behind Python's back: [b"NAME=value"]."""
    for entry in entries:
        name, equals, value = entry.partition(b"=")
        if name and equals and os.environb.get(name) != value:
            os.environb[name] = value
