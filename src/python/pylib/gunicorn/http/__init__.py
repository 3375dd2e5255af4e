# SPDX-License-Identifier: MIT
"""gunicorn.http."""
