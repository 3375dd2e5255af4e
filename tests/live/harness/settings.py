# SPDX-License-Identifier: MIT
"""gunicorn's settings with values for each, and what either server makes of them."""
import ast
import contextlib
import functools
import io
import os
import pathlib
import re
import subprocess

from . import places

try:
    from gunicorn import config
except ImportError:  # it needs a newer Python; the tests that compare are skipped
    config = None

NUMBERS = ["0", "1", "7", "0x10", "-1", "x", "1_0", " 8 ", "", "1.0", "08"]
TEXTS = ["x", " a b ", "/a/b", "-"]
SAMPLES = {  # by gunicorn's validator, in the words of a command line
    "validate_pos_int": NUMBERS,
    "validate_string": TEXTS,
    "validate_string_to_addr_list": ["*", "127.0.0.1", "10.0.0.0/8, ::1", "", "10.0.0.1/8", "host", "1.2.3"],
    "validate_string_to_list": ["A,B", " A , b ", "*", ""],
    "validate_header_map_behaviour": ["drop", "REFUSE", " dangerous ", "x", ""],
    "validate_proxy_protocol": ["off", "V1", "v2", "auto", "1", "true", "none", "x", "v3"],
    "validate_http_parser": ["auto", "FAST", "python", "x"],
    "validate_reload_engine": ["auto", "poll", "Poll", "x"],
    "validate_user": ["root", "0", "12", "nobody-here", ""],
    "validate_group": ["root", "0", "12", "nobody-here", ""],
    "validate_chdir": ["/", ".", "..", "/nope"],
}
SAMPLES_OF = {  # where a kind of gcorn's knows more than gunicorn's validator
    "umask": ["0", "022", "0o22", "0x12", "18", "08", "-1", "x"],
    "reload_extra_files": ["app.py", "/"],
    "bind": ["127.0.0.1:1", "unix:/x", ":80"],
    "raw_env": ["A=b", "C= d"],
    "worker_class": ["sync", "gthread", "gunicorn.workers.sync.SyncWorker"],
    "statsd_host": ["a:1", "b:2"],
    "logger_class": ["gunicorn.glogging.Logger", "gunicorn.instrument.statsd.Statsd"],
    "syslog_facility": ["user", "local1", "MAIL"],
    "syslog_addr": ["udp://127.0.0.1:1", "unix:///x"],
    "logconfig": ["/dev/null", "/proc/version"], "logconfig_json": ["/dev/null", "/proc/version"],
    "cert_reqs": ["0", "1", "0x2", "x", "-1"],  # gunicorn takes any number, and ssl only these
    "loglevel": ["debug", "INFO", "Critical"],
    "wsgi_app": [], "config": [], "protocol": ["http"],
    "paste": [], "raw_paste_global_conf": ["a=b", "c=d"],
}
FILE_ONLY = {  # two values, in Python, of what has no option
    "secure_scheme_headers": ["{'A': 'b'}", "{'C': 'd', 'E': 'f'}"],
    "tmp_upload_dir": ["'/'", "'/tmp'"],
    "default_proc_name": ["'a'", "'b'"],
    "wsgi_app": ["'a'", "'app'"],
    "logconfig_dict": ["{'version': 1}", "{'version': 1, 'root': {'level': 'INFO'}}"],
}
HOOKS = [  # functions that take one, two and three arguments
    ["'os.path.exists'", "'os.path.basename'"], ["'os.path.sameopenfile'", "'os.path.samefile'"],
    ["'shutil.copyfileobj'", "'calendar.weekday'"],
]
FALLBACK_VARIABLES = {
    "bind": {"PORT": "8001"}, "workers": {"WEB_CONCURRENCY": "9"},
    "forwarded_allow_ips": {"FORWARDED_ALLOW_IPS": "10.0.0.9"},
}
NO_LAYERS = {
    "config": "chooses the file", "check_config": "an order, not a value", "print_config": "the same",
    "paste": "chooses the app; see test_paste.py", "ssl_version": "ignored",
    "protocol": "has one value in this version",
}
FILE_VALUES = [  # in Python: right for some, wrong for others
    "None", "True", "0", "7", "-1", "1.5", "'x'", "''", "' 8 '", "'0x10'", "'017'", "'-1'", "'true'", "' False '",
    "'yes'", "[]", "('A=b', 'C=d')", "[1]", "['a', None]", "(f'{x}=y' for x in 'AB')", "{}", "{'A': 'b'}", "b'x'",
    "object()", "pathlib.Path('x')", "'auto'", "'Poll'", "'V1'", "'Refuse'", "'10.0.0.0/8,::1'", "'10.0.0.1/8'",
    "'A, B'", "'root'", "'nobody-here'", "'.'", "'/nope'", "'gthread'", "'DEBUG'", "lambda a: None", "lambda a, b: None",
    "lambda a, b, c: None", "'os.path.samefile'", "'os.nope'",
]
OTHERWISE = {  # which of FILE_VALUES gcorn takes otherwise on purpose: see docs/migrating-from-gunicorn.md
    "bind": ("0", "{}", "{'A': 'b'}", "['a', None]", "('A=b', 'C=d')", "(f'{x}=y' for x in 'AB')", "'/nope'", "'A, B'",
             "'10.0.0.0/8,::1'", "'10.0.0.1/8'"),
    "reload_extra_files": ("0", "{}", "{'A': 'b'}"),
    "user": ("-1", "True", "' 8 '"), "group": ("-1", "True", "' 8 '"),
    "cert_reqs": ("7", "' 8 '", "'0x10'"), "worker_connections": ("0",),
    "reload_engine": ("None",), "worker_class": ("None", "''"), "logger_class": ("None", "''"),
    "access_log_format": ("None",), "header_map": ("None",), "loglevel": ("None",),
    "syslog_addr": ("None",), "syslog_facility": ("None",), "statsd_prefix": ("None",), "dogstatsd_tags": ("None",),
}
REFUSES_MORE = ("worker_class", "loglevel", "statsd_host", "syslog_addr", "syslog_facility", "logconfig", "logconfig_json")
PATHS = ("ca_certs", "logconfig", "logconfig_json", "pidfile", "tmp_upload_dir", "worker_tmp_dir")
DIFFERENT = {  # on purpose: see docs/migrating-from-gunicorn.md
    ("worker_connections", "0"): "a worker that may keep no connection is of no use",
}
DEFAULTS_DIFFER = {
    "config": "what is read is shown, not what would be looked for",
    "control_socket": "there is none", "sendfile": "the truth is shown, not None",
    "ssl_version": "nothing is shown for what is ignored",
    "http2_cleartext": "not in every gunicorn",
}


def run(folder, *args, env=None, yaml=None, program=places.GCORN):
    """gcorn, or another, with these words, to its end, in `folder`, which has an app."""
    (folder / "app.py").write_text("def application(environ, start_response):\n    raise NotImplementedError\n")
    (folder / "gcorn.yaml").write_text(yaml or "")
    clean = {name: value for name, value in os.environ.items()
             if name not in ("PORT", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "SENDFILE", "PWD")}
    return subprocess.run([str(program), *args], env={**clean, **(env or {})}, cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


def printed(done):
    """--print-config as a dict of texts. It comes before the app is looked for, which a chdir can hide."""
    assert done.stdout, done.stderr
    rows = re.findall(r"^(\w+) += (.*?) *  # [^#]*$", done.stdout, re.M)
    return dict(rows)


def of_gunicorn(name, value):
    """A value of gunicorn's in the way that gcorn shows it."""
    if name in ("umask", "control_socket_mode"):
        return oct(int(value)) if int(value) else "0"
    if name == "statsd_host" and str(value) != "None":
        return "%s:%d" % (ast.literal_eval(value) if isinstance(value, str) else value)
    if name in ("loglevel", "header_map"):
        return str(value).lower()
    return str(int(value) if type(value).__name__ == "VerifyMode" else value)


def is_otherwise(setting, value):
    """True if gcorn takes this one of FILE_VALUES otherwise on purpose, or shows it in another way."""
    name = setting.name
    if name in NO_LAYERS or value in OTHERWISE.get(name, ()):
        return True
    if name in ("raw_env", "raw_paste_global_conf"):
        pairs = str(read_value(name, value))
        return value in ("0", "{}", "{'A': 'b'}") or pairs not in ("None", "[]") and "=" not in pairs
    if name == "logger_class" and value.startswith("lambda"):
        return True  # it is called at once, and what it raises is the file's
    if name in REFUSES_MORE and value[0] in "'l":
        return (name, value) not in (("worker_class", "'gthread'"), ("loglevel", "'DEBUG'"))
    if value == "None":  # the default, and not a value of its own
        return setting.section == "Server Hooks" or setting.action in ("store_true", "store_const")
    return value == "''" and name in PATHS


def read_value(name, python):
    """What gunicorn makes of a value in a config file, as text; None if it refuses it."""
    setting = settings_of_gunicorn()[name]()
    try:
        setting.set(eval_value(python))
    except Exception:
        return None
    return of_gunicorn(name, setting.get())


@functools.lru_cache()
def settings_of_gunicorn():
    return {setting.name: setting for setting in config.KNOWN_SETTINGS}


def eval_value(python):
    return eval(python, {"pathlib": pathlib})


def read_words(words, folder):
    """What gunicorn makes of a command line: a dict of texts, or the exit code."""
    here = os.getcwd()
    cfg = config.Config()
    try:
        os.chdir(folder)
        with contextlib.redirect_stderr(io.StringIO()):
            options = vars(cfg.parser().parse_args(words))
        for name, value in options.items():
            if value is not None and name != "args":
                cfg.set(name.lower(), value)
    except SystemExit as end:
        return end.code
    except Exception:  # whatever a validator raises ends gunicorn with 1
        return 1
    finally:
        os.chdir(here)
    return {name: of_gunicorn(name, setting.get()) for name, setting in cfg.settings.items()}


def words_of(setting, sample):
    return [f"{setting.cli[-1]}={sample}"]


def samples_of(setting):
    """The samples, as lists of words; of a switch there is one."""
    if not setting.cli or setting.name in ("check_config", "print_config"):
        return []
    if setting.action in ("store_true", "store_const"):
        return [[setting.cli[-1]]]
    validator = getattr(setting.validator, "__name__", "")
    samples = SAMPLES_OF.get(setting.name, SAMPLES.get(validator, []))
    return [words_of(setting, sample) for sample in samples if (setting.name, sample) not in DIFFERENT]


def rounds(settings):
    """In each round one sample of every setting: (name, words, what gunicorn makes of them)."""
    samples = {name: samples_of(setting) for name, setting in settings.items()}
    for turn in range(max(map(len, samples.values()))):
        yield [(name, words[turn]) for name, words in samples.items() if turn < len(words)]
