# SPDX-License-Identifier: MIT
"""Command lines as containers and platforms have them, with gcorn for gunicorn: both are asked for their settings and
must come to the same. The scripts are ours, in the manner of the projects that are named."""
import os
import re
import subprocess

import pytest

from harness import places
from harness.server import environment
from harness.settings import DEFAULTS_DIFFER, of_gunicorn, printed

config = pytest.importorskip("gunicorn.config", reason="gunicorn needs a newer Python")

SCRIPTS = {  # $SERVER is the server; it is run with sh, in a folder with the apps
    "cookiecutter-django": ({}, "exec $SERVER config.wsgi --bind 0.0.0.0:5000 --chdir=$PWD/app"),
    "entrypoint": ({}, """set -- $SERVER -w 2 -b :8000 'config.wsgi:application'; exec "$@" """),
    "heroku": ({"PORT": "5123", "WEB_CONCURRENCY": "3"}, "exec $SERVER gettingstarted.wsgi --log-file -"),
    "heroku arguments": ({"PORT": "5123", "GUNICORN_CMD_ARGS": "--access-logfile=- --name 'my app' -t90 -e A=b -e C=d"},
                         "exec $SERVER --preload hello:app"),
    "fly": ({"PORT": "8080"}, "exec $SERVER --bind :8000 --workers 2 --threads=4 demo.wsgi"),
    "cloud run": ({"PORT": "8080"}, "exec $SERVER --bind :$PORT --workers 1 --threads 8 --timeout 0 main:app"),
    "elastic beanstalk": ({}, "exec $SERVER --bind :8000 --workers 3 --threads 2 project.wsgi:application"),
    "digital ocean": ({}, """exec $SERVER --access-logfile - --workers 3 --bind unix:/run/gunicorn.sock \
        myproject.wsgi:application"""),
    "django and nginx": ({}, """NAME=hello; USER=root; exec $SERVER hello.wsgi:application --name $NAME --workers 3 \
        --user=$USER --group=root --bind=unix:/run/$NAME.sock --log-level=debug --log-file=-"""),
    "dashboards": ({"SERVER_WORKER_AMOUNT": "2"}, """exec $SERVER --bind "${BIND:-0.0.0.0}:${APP_PORT:-8088}" \
        --access-logfile "${ACCESS_LOG_FILE:--}" --error-logfile "${ERROR_LOG_FILE:--}" \
        --workers ${SERVER_WORKER_AMOUNT:-1} --worker-class ${SERVER_WORKER_CLASS:-gthread} \
        --threads ${SERVER_THREADS_AMOUNT:-20} --log-level "${LOGLEVEL:-info}" --timeout ${TIMEOUT:-60} \
        --keep-alive ${KEEPALIVE:-2} --max-requests ${WORKER_MAX_REQUESTS:-0} --max-requests-jitter 0 \
        --limit-request-line ${LINE:-0} --limit-request-field_size ${FIELD:-0} "dash:create_app()" """),
    "schedulers": ({}, """exec $SERVER --workers 4 --worker-class sync --timeout 120 --bind 0.0.0.0:8080 \
        --name webserver --pid web.pid --config python:settings.server --access-logfile - --error-logfile - \
        --access-logformat '%(h)s %(t)s "%(r)s" %(s)s %(b)s %(L)s' 'dash:create_app(1, debug=False)'"""),
    "short and bundled": ({}, """exec $SERVER -Dw4 -t=9 -kgthread -b127.0.0.1:1 -b 127.0.0.1:2 -eA=b -n x -p p -m 022 \\
        hello"""),
    "abbreviated": ({}, "exec $SERVER --worker-cl gthread --thr 3 --max-requests=5 --gracef 4 --preload hello:app"),
    "no application": ({}, "exec $SERVER -c conf/named.py"),
    "configured twice": ({"GUNICORN_CMD_ARGS": "-c conf/other.py -w 7"}, "exec $SERVER -c conf/named.py -t 8 hello"),
    "configured by variable": ({"GUNICORN_CMD_ARGS": "-c conf/other.py -w 7"}, "exec $SERVER -t 8 hello"),
    "module": ({}, "exec $SERVER -c python:settings.server -k sync hello:app"),
    "last wins": ({}, "exec $SERVER -w 1 -w 2 --bind a:1 --reload --log-level info --log-level warning -- hello other"),
}
APP = "def application(environ, start_response): pass\napp = application\ndef create_app(*args, **more): return app\n"
FILES = {
    **{name + ".py": APP for name in ("hello", "main", "dash", "app/config/wsgi", "config/wsgi", "demo/wsgi")},
    **{name + "/wsgi.py": APP for name in ("gettingstarted", "project", "myproject")},
    "settings/server.py": "workers = 5\nkeepalive = 9\ndef post_worker_init(worker): pass\n",
    "conf/named.py": "import os\nwsgi_app = 'hello:app'\nbind = os.environ.get('BIND', ':9')\nworkers = 6\n",
    "conf/other.py": "workers = 3\ntimeout = 4\nproc_name = 'other'\n",
    "gunicorn.conf.py": "graceful_timeout = 11\n",
}
HOOKS = {setting.name for setting in config.KNOWN_SETTINGS if "Hooks" in setting.section}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "__init__.py").write_text(APP)
    (tmp_path / "hello" / "wsgi.py").write_text(APP)
    (tmp_path / "hello.py").unlink()
    return tmp_path


def run(folder, server, variables, script):
    env = environment({**variables, "SERVER": f"{server} --print-config", "PWD": str(folder),
                       "PATH": f"{places.VENV / 'bin'}:{os.environ['PATH']}"})
    done = subprocess.run(["sh", "-c", script], cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("name", SCRIPTS)
def test_both_servers_come_to_the_same_settings(folder, name):
    ours = printed(run(folder, places.GCORN, *SCRIPTS[name]))
    done = run(folder, places.VENV / "bin" / "gunicorn", *SCRIPTS[name])
    theirs = {name: of_gunicorn(name, value) for name, value in re.findall(r"^(\w+) += (.*)$", done.stdout, re.M)}
    differing = {name: (ours[name], value) for name, value in theirs.items()
                 if name not in HOOKS and name not in DEFAULTS_DIFFER and ours[name] != value}
    assert differing == {}
