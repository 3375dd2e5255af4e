# SPDX-License-Identifier: MIT
"""`import gunicorn` where it is not installed: gcorn stands in for it, with names that gunicorn has, and says that
it does so where it has none."""
import importlib
import json
import subprocess
import venv

import pytest

from harness import places
from harness.server import environment

TAKEN = [
    "import gunicorn; assert gunicorn.version_info > (20,) and gunicorn.__version__ == '26.1.0' and gunicorn.SERVER_SOFTWARE",
    "import gunicorn.app, gunicorn.http, gunicorn.instrument, gunicorn.workers, gunicorn.arbiter, gunicorn.errors",
    "from gunicorn.config import Config; assert not issubclass(dict, Config)",
    "from gunicorn.glogging import CONFIG_DEFAULTS, Logger, SafeAtoms",
    "from gunicorn.instrument.statsd import Statsd",
    "from gunicorn.util import parse_address; assert parse_address('[::1]:80') == ('::1', 80)",
    "from gunicorn.util import import_app; assert callable(import_app('app:app'))",
    "from gunicorn.workers import SUPPORTED_WORKERS; assert {'sync', 'gthread'} <= set(SUPPORTED_WORKERS)",
    "from gunicorn.workers.base import Worker; class Mine(Worker): pass",
    "from gunicorn.workers.gthread import ThreadWorker",
    "from gunicorn.app.base import Application, BaseApplication; class Mine(BaseApplication): pass",
    "from gunicorn.app.wsgiapp import WSGIApplication",
]
REFUSED = {
    "import gunicorn.sock": "ModuleNotFoundError: gcorn stands in for gunicorn here and has no gunicorn.sock; where",
    "from gunicorn import pidfile": "ImportError: cannot import name 'pidfile' from 'gunicorn' (<gcorn>/gunicorn/",
    "from gunicorn.reloader import Reloader": "ModuleNotFoundError: gcorn stands in for gunicorn here and has no",
    "import gunicorn.debug": "ModuleNotFoundError: gcorn stands in",
    "from gunicorn.http.errors import ParseException": "ModuleNotFoundError: gcorn stands in",
    "from gunicorn.workers.ggevent import GeventWorker": "ModuleNotFoundError: gcorn stands in",
    "from gunicorn.config import validate_bool": "ImportError: cannot import name 'validate_bool' from "
                                                 "'gunicorn.config' (<gcorn>/gunicorn/config.py)",
    "from gunicorn.config import Setting; class Mine(Setting): pass": "TypeError: Mine: gcorn has no settings of one's",
    "from gunicorn.app.base import BaseApplication; BaseApplication().run()": "RuntimeError: gcorn is started by its",
    "from gunicorn.workers.sync import SyncWorker; SyncWorker()": "RuntimeError: gcorn runs its own workers",
}
CONFIG = """
import json

outcomes = {}
for line in json.load(open("lines")):
    try:
        exec(line.replace("; class", "\\nclass"), {})
        outcomes[line] = "taken"
    except Exception as exc:
        outcomes[line] = f"{type(exc).__name__}: {exc}"
import importlib
names = {}
for module in json.load(open("modules")):
    module = importlib.import_module(module)
    names[module.__name__] = [name for name, value in vars(module).items()
                              if name[0] != "_" and not isinstance(value, type(json))
                              and getattr(value, "__module__", module.__name__).startswith((module.__name__, "_gcorn"))]
json.dump([outcomes, names], open("outcomes", "w"))
"""
QUIET = """
from gunicorn.http import wsgi

class Quiet(wsgi.Response):
    def default_headers(self, *args):
        return [line for line in super().default_headers(*args) if not line.startswith("Server:")]

"""
STANDALONE = """
from gunicorn.app.base import BaseApplication


class StandaloneApplication(BaseApplication):
    def __init__(self, app, options=None):
        self.options = options or {}
        self.application = app
        super().__init__()

    def load_config(self):
        for key, value in self.options.items():
            self.cfg.set(key.lower(), value)

    def load(self):
        return self.application


if __name__ == "__main__":
    StandaloneApplication(None, {"workers": 2}).run()
"""


def modules_of_ours():
    folder = places.ROOT / "src" / "python" / "pylib"
    files = sorted((folder / "gunicorn").rglob("*.py"))
    return [".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__") for path in files]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of each line, and the names of each module, in an environment without gunicorn."""
    folder = tmp_path_factory.mktemp("stand_in")
    venv.create(folder / "empty")
    (folder / "app.py").write_text("def app(environ, start_response):\n    raise NotImplementedError\n")
    (folder / "lines").write_text(json.dumps([*TAKEN, *REFUSED]))
    (folder / "modules").write_text(json.dumps(modules_of_ours()))
    (folder / "conf.py").write_text(CONFIG)
    done = subprocess.run([places.GCORN, "--check-config", "-c", "conf.py", "app:app"], cwd=folder, text=True,
                          env=environment({"VIRTUAL_ENV": str(folder / "empty")}), timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return json.loads((folder / "outcomes").read_text())


@pytest.mark.parametrize("line", TAKEN)
def test_what_config_files_import_is_there(outcomes, line):
    assert outcomes[0][line] == "taken"


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_there_says_so(outcomes, line):
    assert outcomes[0][line].startswith(REFUSED[line])


def test_every_name_is_one_of_gunicorns(outcomes):
    pytest.importorskip("gunicorn.config", reason="gunicorn needs a newer Python")
    for module, names in outcomes[1].items():
        theirs = dir(importlib.import_module(module))
        assert [name for name in names if name not in theirs] == [], module


@pytest.mark.parametrize("has_gunicorn", [False, True])
@pytest.mark.parametrize("change", ["wsgi.Response = Quiet", "wsgi.Response.default_headers = Quiet.default_headers"])
def test_a_class_of_responses_is_said_to_have_no_effect(gcorn, tmp_path, has_gunicorn, change):
    (tmp_path / "conf.py").write_text(QUIET + change)
    if not has_gunicorn:
        venv.create(tmp_path / "empty")
    variables = {} if has_gunicorn else {"VIRTUAL_ENV": str(tmp_path / "empty")}
    server = gcorn("-c", tmp_path / "conf.py", "probe:app", env=variables)
    server.wait_log(r"\[WARNING\] gunicorn.http.wsgi.Response was changed, which has no effect here; for another Server ")
    assert server.get("/hello")["Server"] == "gcorn"


@pytest.mark.parametrize("has_gunicorn", [False, True])
def test_a_program_that_starts_gunicorn_is_no_app(tmp_path, has_gunicorn):
    (tmp_path / "standalone.py").write_text(STANDALONE)
    if not has_gunicorn:
        venv.create(tmp_path / "empty")
    env = environment({} if has_gunicorn else {"VIRTUAL_ENV": str(tmp_path / "empty")})
    done = subprocess.run([places.GCORN, "-b", "127.0.0.1:0", "standalone:StandaloneApplication"], cwd=tmp_path,
                          env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 4, done.stdout
    assert "'StandaloneApplication' is a program that starts gunicorn, not an app: name the app" in done.stdout
