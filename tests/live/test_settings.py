# SPDX-License-Identifier: MIT
"""Every setting that gunicorn has: default, values right and wrong, and who wins between two layers,
compared with gunicorn's own reading of the same words. Many settings share one run: a command line may
name them all, and gcorn reports all that is wrong at once.
"""
import json
import os
import re
import shlex
import subprocess

import pytest

from harness import places

config = pytest.importorskip("gunicorn.config", reason="gunicorn needs a newer Python")

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
    "bind": ["127.0.0.1:1", "unix:/x", ":80"],
    "raw_env": ["A=b", "C= d"],
    "worker_class": ["sync", "gthread", "gunicorn.workers.sync.SyncWorker"],
    "cert_reqs": ["0", "1", "0x2", "x", "-1"],  # gunicorn takes any number, and ssl only these
    "loglevel": ["debug", "INFO", "Critical"],
    "wsgi_app": [], "config": [], "protocol": ["http"],
    "paste": [], "raw_paste_global_conf": ["a=b"],
}
DIFFERENT = {  # on purpose: see docs/migrating-from-gunicorn.md
    ("worker_connections", "0"): "a worker that may keep no connection is of no use",
}
DEFAULTS_DIFFER = {
    "config": "what is read is shown, not what would be looked for",
    "control_socket": "there is none", "sendfile": "the truth is shown, not None",
    "ssl_version": "nothing is shown for what is ignored",
    "http2_cleartext": "not in every gunicorn",
}


def run(folder, *args, env=None, yaml=None):
    """gcorn with these words, to its end, in `folder`, which has an app."""
    (folder / "app.py").write_text("def application(environ, start_response):\n    raise NotImplementedError\n")
    (folder / "gcorn.yaml").write_text(yaml or "")
    clean = {name: value for name, value in os.environ.items()
             if name not in ("PORT", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "SENDFILE", "PWD")}
    return subprocess.run([str(places.GCORN), *args], env={**clean, **(env or {})}, cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


def printed(done):
    """--print-config as a dict of texts. It comes before the app is looked for, which a chdir can hide."""
    assert done.stdout, done.stderr
    rows = re.findall(r"^(\w+) += (.*?) *  # [^#]*$", done.stdout, re.M)
    return dict(rows)


def of_gunicorn(name, value):
    """A value of gunicorn's in the way that gcorn shows it."""
    if name in ("umask", "control_socket_mode"):
        return oct(value) if value else "0"
    if name in ("loglevel", "header_map"):
        return str(value).lower()
    return str(int(value) if type(value).__name__ == "VerifyMode" else value)


def read_words(words, folder):
    """What gunicorn makes of a command line: a dict of texts, or the exit code."""
    here = os.getcwd()
    cfg = config.Config()
    try:
        os.chdir(folder)
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(scope="module")
def settings(folder):
    """gunicorn's settings that this gcorn has, by name."""
    pages = run(folder, "--print-docs", "settings").stdout.split("\n### ")[1:]
    missing = {page.split("\n", 1)[0] for page in pages if "**Not in this version**" in page}
    return {setting.name: setting for setting in config.KNOWN_SETTINGS if setting.name not in missing}


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


def test_every_setting_of_gunicorn_is_there(folder):
    pages = run(folder, "--print-docs", "settings").stdout
    names = set(re.findall(r"^### (\w+)$", pages, re.M))
    assert {setting.name for setting in config.KNOWN_SETTINGS} - names == set()


def test_defaults_are_gunicorns(folder):
    ours = printed(run(folder, "--print-config", "app"))
    wrong = []
    for name, setting in config.Config().settings.items():
        if callable(setting.get()) or name in DEFAULTS_DIFFER:
            continue
        theirs = str(folder) if name == "chdir" else of_gunicorn(name, setting.get())
        theirs = "app" if name == "default_proc_name" else theirs
        if name != "print_config" and ours[name].strip("'") != theirs.strip("'"):
            wrong.append(f"{name}: gunicorn {theirs}, gcorn {ours[name]}")
    assert not wrong, "\n".join(wrong)


def test_every_flag_of_gunicorn_is_there(folder):
    text = run(folder, "--help").stdout
    flags = set(re.findall(r"(?<![\w-])--?[\w-]+", text))
    assert {flag for setting in config.KNOWN_SETTINGS for flag in setting.cli or ()} - flags == set()


def rounds(settings):
    """In each round one sample of every setting: (name, words, what gunicorn makes of them)."""
    samples = {name: samples_of(setting) for name, setting in settings.items()}
    for turn in range(max(map(len, samples.values()))):
        yield [(name, words[turn]) for name, words in samples.items() if turn < len(words)]


def test_values_are_read_as_gunicorn_reads_them(folder, settings):
    compared, wrong = 0, []
    for samples in rounds(settings):
        valid, words = {}, []
        for name, sample in samples:
            theirs = read_words(sample, folder)
            if isinstance(theirs, dict):
                valid[name] = theirs[name]
                words += sample
        ours = printed(run(folder, "--print-config", *words, "app"))
        compared += len(valid)
        wrong += [f"{name}: gunicorn {theirs}, gcorn {ours[name]}" for name, theirs in valid.items()
                  if ours[name] != theirs]
    assert not wrong, "\n".join(wrong)
    assert compared > 100


@pytest.mark.parametrize("code", [1, 2])
def test_wrong_values_end_as_with_gunicorn_and_are_all_named(folder, settings, code):
    named = 0
    for samples in rounds(settings):
        invalid = [(name, sample) for name, sample in samples if read_words(sample, folder) == code]
        if not invalid:
            continue
        done = run(folder, *[word for _, sample in invalid for word in sample], "app")
        assert done.returncode == code, done.stderr
        for name, sample in invalid:
            flag = sample[0].split("=")[0]
            line = rf"^gcorn: error: command line, {re.escape(flag)}: {name}: .*expected |{name}: "
            assert re.search(line, done.stderr, re.M), (sample, done.stderr)
            named += 1
    assert named > (20 if code == 2 else 5)


def two_valid(settings, folder):
    """For each setting two different values: {name: (words, words)}."""
    pairs = {}
    for name, setting in settings.items():
        seen = {}
        for words in samples_of(setting):
            theirs = read_words(words, folder)
            if isinstance(theirs, dict):
                seen.setdefault(theirs[name], words)
        if len(seen) > 1:
            pairs[name] = tuple(list(seen.values())[:2])
    return pairs


LAYERS = ["file", "environment", "command line"]


@pytest.mark.parametrize("lower, upper", [(LAYERS[i], LAYERS[j]) for j in range(3) for i in range(j)])
def test_the_upper_of_two_layers_wins_for_every_setting(folder, settings, lower, upper):
    pairs = two_valid(settings, folder)
    text = {layer: {} for layer in LAYERS}
    for name, (below, above) in pairs.items():
        text[lower][name] = below
        text[upper][name] = above

    def joined(layer):
        return [word for words in text[layer].values() for word in words]

    yaml = "".join(f"{name}: {json.dumps(words[0].split('=', 1)[1])}\n" for name, words in text["file"].items())
    done = run(folder, "--print-config", *joined("command line"), "app", yaml=yaml,
               env={"GUNICORN_CMD_ARGS": shlex.join(joined("environment"))})
    ours = printed(done)
    expected = read_words([word for _, above in pairs.values() for word in above], folder)
    wrong = [f"{name}: {expected[name]} wanted, {ours[name]} is" for name in pairs if ours[name] != expected[name]]
    assert not wrong, "\n".join(wrong)
    assert len(pairs) > 20
    origins = dict(re.findall(r"^(\w+) +=.*  # ([\w ]+),", done.stdout, re.M))
    upper_name = "config file" if upper == "file" else upper
    assert {origins[name] for name in pairs} == {upper_name}


def test_the_example_of_the_documentation_is_read(folder):
    page = (places.ROOT / "docs" / "configuration.md").read_text()
    yaml = re.search(r"```yaml\n(.*?)```", page, re.S).group(1).replace("wsgi_app: shop.wsgi", "wsgi_app: app")
    ours = printed(run(folder, "--print-config", yaml=yaml))
    assert ours["bind"] == "['8000', 'unix:/run/shop.sock']"
    assert ours["umask"] == "0o22"
    assert ours["limit_request_body"] == "20M"
    assert ours["raw_env"] == "['DJANGO_SETTINGS_MODULE=shop.settings', 'DEBUG=no']"


def test_all_errors_of_a_file_are_told_at_once(folder):
    done = run(folder, "app", yaml="workers: four\nworker: 3\ntimeout: 1\ntimeout: 2\n")
    assert done.returncode == 1
    assert [line.split(": ", 3)[2:] for line in done.stderr.splitlines()] == [
        ["config file, gcorn.yaml:4:1", "timeout: this key is already at 3:1"],
        ["config file, gcorn.yaml:1:10", 'workers: "four": expected a whole number from 0 to 4096'],
        ["config file, gcorn.yaml:2:1", '"worker": there is no such setting; did you mean workers?'],
    ]


def test_a_usage_error_shows_the_usage(folder):
    done = run(folder, "--foo")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["usage: gcorn [OPTIONS] [APP_MODULE]",
                                        "gcorn: error: command line: --foo: there is no such option"]


def test_help_fits_the_terminal(folder):
    for columns in ("60", "100"):
        text = run(folder, "--help", env={"COLUMNS": columns}).stdout
        assert max(map(len, text.splitlines())) < int(columns) + 1
