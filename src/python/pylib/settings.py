# SPDX-License-Identifier: MIT
"""Settings as hooks see them: `cfg`, under the names that gunicorn's has."""

import _gcorn

WARNING = 30  # logging's, which is not imported for this
running_hook = None  # the hook that is being called, or None


def address(text, default_port="8000"):
    """A (host, port) pair, or a path: as gunicorn holds an address."""
    if text.startswith("unix:") and not (default_port == "8125" and text[5:].isdigit()):
        return text[5:].removeprefix("//")
    if text.startswith("fd://"):
        return int(text[5:])
    host, colon, port = text.removeprefix("tcp://").rpartition(":")
    if not colon or port.endswith("]"):
        host, port = text, default_port
    return host.strip("[]") or "0.0.0.0", int(port if port.isdigit() else default_port)


class Setting:
    """What cfg.settings has for each name."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def get(self):
        return self.value

    def __str__(self):
        value = self.value
        return f"<{getattr(value, '__qualname__', value)}()>" if callable(value) else str(value)


class Config:
    """`cfg`: each setting as an attribute."""

    def __init__(self, values, env_orig):
        self.__dict__.update(values)
        self.settings = {name: Setting(name, value) for name, value in values.items()}
        self.env_orig = env_orig

    def __setattr__(self, name, value):
        if name in self.__dict__.get("settings", ()):
            raise AttributeError(f"the setting {name} cannot be changed while the server runs")
        super().__setattr__(name, value)

    def set(self, name, value):
        """It reads back, and what the server has made of the old value stays."""
        if name not in self.settings:
            raise AttributeError(f"there is no setting {name}")
        setting = self.settings[name]
        if setting.value != value:
            where = f"the hook {running_hook}" if running_hook else "the app"
            _gcorn.log(
                WARNING,
                f"{where} sets {name} to {value!r}, too late: the server goes on with {setting.value!r}; "
                f"write {name} = {value!r} in the config file",
            )
        setting.value = self.__dict__[name] = value

    def __str__(self):
        width = max(map(len, self.settings))
        return "\n".join(
            f"{name:{width}} = {setting}" for name, setting in sorted(self.settings.items())
        )

    @property
    def worker_class_str(self):
        threads = self.worker_class == "sync" and self.threads > 1
        return "gthread" if threads else str(self.worker_class)

    @property
    def address(self):
        return [address(text) for text in self.bind]

    @property
    def uid(self):
        return self.user

    @property
    def gid(self):
        return self.group

    @property
    def env(self):
        return dict(pair.split("=", 1) for pair in self.raw_env)

    @property
    def paste_global_conf(self):
        import _gcorn_paste as paste

        return paste.variables(self.raw_paste_global_conf)

    @property
    def is_ssl(self):
        return self.certfile or self.keyfile

    @property
    def ssl_options(self):
        names = ("keyfile", "certfile", "cert_reqs", "ca_certs", "ciphers")
        return {name: self.__dict__[name] for name in names}
