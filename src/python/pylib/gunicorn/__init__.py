# SPDX-License-Identifier: MIT
"""Stands in for gunicorn, where that is not installed, for the config files that import it.

SERVER and SERVER_SOFTWARE may be assigned, as they may there: they become the Server field and the
environ's SERVER_SOFTWARE.
"""

import _gcorn

version_info = (26, 1, 0)  # of the gunicorn whose names these are
__version__ = ".".join(map(str, version_info))
SERVER = "gcorn"
SERVER_SOFTWARE = _gcorn.server_software
