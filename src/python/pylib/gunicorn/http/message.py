# SPDX-License-Identifier: MIT
"""gunicorn.http.message: the class of `req`."""

from _gcorn_hooks import Request

__all__ = ["Request"]
