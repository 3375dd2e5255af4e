# SPDX-License-Identifier: MIT
"""Every setting that gunicorn has: default, values right and wrong, and who wins between two layers,
compared with gunicorn's own reading of the same words. Many settings share one run: a command line may
name them all, and gcorn reports all that is wrong at once.
"""
import re

import pytest

from harness import places
from harness.settings import DEFAULTS_DIFFER, of_gunicorn, printed, read_words, rounds, run, samples_of

config = pytest.importorskip("gunicorn.config", reason="gunicorn needs a newer Python")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(scope="module")
def settings(folder):
    """gunicorn's settings that this gcorn has, by name."""
    pages = run(folder, "--print-docs", "settings").stdout.split("\n### ")[1:]
    missing = {page.split("\n", 1)[0] for page in pages if "**Not in this version**" in page}
    return {setting.name: setting for setting in config.KNOWN_SETTINGS if setting.name not in missing}


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
