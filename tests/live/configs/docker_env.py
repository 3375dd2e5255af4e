# SPDX-License-Identifier: MIT
"""Every GUNICORN_* variable of the container becomes a setting."""
import os

for k, v in os.environ.items():
    if k.startswith("GUNICORN_"):
        key = k.split("_", 1)[1].lower()
        locals()[key] = v
