# SPDX-License-Identifier: MIT
"""gunicorn.arbiter: the class of `server`."""

from _gcorn_hooks import Server as Arbiter

__all__ = ["Arbiter"]
