# SPDX-License-Identifier: MIT
"""gunicorn.glogging: what logger classes build on."""

from _gcorn_logger import (  # noqa: F401
    CONFIG_DEFAULTS,
    SYSLOG_FACILITIES,
    Logger,
    SafeAtoms,
    loggers,
    parse_syslog_address,
)
