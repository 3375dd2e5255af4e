# SPDX-License-Identifier: MIT
"""Requests that have ended, told to the logger of the settings."""

import datetime

import _gcorn_hooks as hooks
import _gcorn_logs as logs


def _is_wanted(cfg, status, microseconds):
    """By the rules access_log_slow and access_log_status; there may be none."""
    if not cfg.access_log_slow and not cfg.access_log_status:
        return True
    slow = cfg.access_log_slow and microseconds >= cfg.access_log_slow * 1000000
    names = (str(status), f"{status // 100}xx")
    return bool(slow) or any(name.lower() in names for name in cfg.access_log_status)


def write(arguments):
    """Have its line written: (req, environ, facts of the response, microseconds)."""
    req, environ, facts, microseconds = arguments
    opened = logs.opened
    resp = hooks.Response(opened.hooks, req, facts)
    if _is_wanted(opened.hooks.cfg, resp.status_code, microseconds):
        took = datetime.timedelta(microseconds=microseconds)
        opened.logger.access(resp, req, environ, took)
