# SPDX-License-Identifier: MIT
"""gunicorn.http.wsgi: the class of `resp`."""

from _gcorn_hooks import Response

__all__ = ["Response"]
