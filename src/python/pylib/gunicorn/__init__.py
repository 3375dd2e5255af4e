# SPDX-License-Identifier: MIT
"""Stands in for gunicorn, where that is not installed, for the config files that import it.

SERVER and SERVER_SOFTWARE may be assigned, as they may there: they become the Server field and the
environ's SERVER_SOFTWARE.
"""

import _gcorn

__version__ = _gcorn.gunicorn_version
version_info = tuple(map(int, __version__.split(".")))
SERVER = "gcorn"
SERVER_SOFTWARE = _gcorn.server_software
