# SPDX-License-Identifier: MIT
"""gunicorn's exceptions, for those who catch or raise them."""


class HaltServer(BaseException):
    def __init__(self, reason, exit_status=1):
        super().__init__(reason, exit_status)
        self.reason = reason
        self.exit_status = exit_status


class ConfigError(Exception):
    pass


class AppImportError(Exception):
    pass
