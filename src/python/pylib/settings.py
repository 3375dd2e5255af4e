# SPDX-License-Identifier: MIT
"""Settings as hooks see them: `cfg`, under the names that gunicorn's has."""


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
        raise AttributeError(f"the setting {name} cannot be changed while the server runs")

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
    def is_ssl(self):
        return self.certfile or self.keyfile

    @property
    def ssl_options(self):
        names = ("keyfile", "certfile", "cert_reqs", "ca_certs", "ciphers")
        return {name: self.__dict__[name] for name in names}
