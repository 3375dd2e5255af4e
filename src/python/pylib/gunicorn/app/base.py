# SPDX-License-Identifier: MIT
"""gunicorn.app.base: a program that starts the server from Python cannot start this one so."""


class BaseApplication:
    def __init__(self, usage=None, prog=None):
        self.usage = usage
        self.prog = prog
        self.cfg = None
        self.callable = None

    def run(self):
        raise RuntimeError(
            "gcorn is started by its command, not from Python: run \"gcorn MODULE:NAME\" with the "
            "settings in a config file"
        )


class Application(BaseApplication):
    pass
