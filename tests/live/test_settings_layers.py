# SPDX-License-Identifier: MIT
"""Who wins between any two layers, and what each layer takes, for every setting: both servers are given the same
variables, config file, options in a variable and command line. gcorn tells with --print-config, or reports all that
is wrong at once, so that many settings share one run; of gunicorn the same is asked in this process, but for the
layers, which only its own command puts in order.
"""
import json
import re
import shlex

import pytest

from harness import places
from harness.settings import (FALLBACK_VARIABLES, FILE_ONLY, FILE_VALUES, HOOKS, NO_LAYERS, eval_value, is_otherwise,
                              of_gunicorn, printed, read_value, read_words, run, samples_of)

config = pytest.importorskip("gunicorn.config", reason="gunicorn needs a newer Python")
GUNICORN = places.VENV / "bin" / "gunicorn"
LAYERS = ["variable", "file", "environment", "command line"]
PAIRS = [(LAYERS[i], LAYERS[j]) for j in range(4) for i in range(j)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The current directory, since paths are looked for there."""
    folder = tmp_path_factory.mktemp("layers")
    (folder / "app.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PWD", str(folder))
        yield folder


@pytest.fixture(scope="module")
def missing(folder):
    """The settings that are not in this version."""
    pages = run(folder, "--print-docs", "settings").stdout.split("\n### ")[1:]
    return {page.split("\n", 1)[0] for page in pages if "**Not in this version**" in page}


@pytest.fixture(scope="module")
def settings(missing):
    """gunicorn's settings that this gcorn has, by name."""
    return {setting.name: setting for setting in config.KNOWN_SETTINGS if setting.name not in missing}


def two_values(setting, folder):
    """Two values that differ, the second from the default too, each as words (None: it has no option) and as Python."""
    if not setting.cli:
        if setting.section == "Server Hooks":
            return [(None, python) for hooks in HOOKS for python in hooks if read_value(setting.name, python)][:2]
        return [(None, python) for python in FILE_ONLY[setting.name]]
    if setting.action in ("store_true", "store_const"):
        stored = setting.const if setting.action == "store_const" else True
        return [([], repr(not stored)), ([setting.cli[-1]], repr(stored))]
    seen = {}
    for words in samples_of(setting):
        theirs = read_words(words, folder)
        if isinstance(theirs, dict):
            text = words[0].split("=", 1)[1]
            as_list = "append" in str(setting.action)
            is_octal = setting.name == "umask"
            python = repr([text]) if as_list else text if is_octal else repr(text)
            if isinstance(read_value(setting.name, python), str):
                seen.setdefault(theirs[setting.name], (words, python))
    default = seen.pop(of_gunicorn(setting.name, setting.default), None)
    values = ([default] if default else []) + list(seen.values())
    assert len(values) > 1, f"{setting.name} wants more samples"
    return values[0], values[-1]


@pytest.fixture(scope="module")
def values(settings, folder):
    return {name: two_values(setting, folder) for name, setting in settings.items() if name not in NO_LAYERS}


class Layers:
    """The settings of one pair of layers: what goes into the lower and what into the upper one."""

    def __init__(self, values, folder, lower, upper):
        self.folder = folder
        self.files, self.words, self.variables = {}, {"environment": [], "command line": []}, {}
        self.names = {name for name, (first, _) in values.items()
                      if self.takes(name, first, lower) and self.takes(name, first, upper)}
        for name in self.names:
            self.put(name, lower, values[name][0])
            self.put(name, upper, values[name][1])

    @staticmethod
    def takes(name, value, layer):
        words, _ = value
        return layer == "file" or (name in FALLBACK_VARIABLES if layer == "variable" else words is not None)

    def put(self, name, layer, value):
        words, python = value
        if layer == "variable":
            self.variables.update(FALLBACK_VARIABLES[name])
        elif layer == "file":
            self.files[name] = python
        else:
            self.words[layer] += words

    def run(self, *args, program=places.GCORN, yaml=None):
        python = "".join(f"{name} = {value}\n" for name, value in self.files.items())
        (self.folder / "layers.py").write_text(python)
        env = {**self.variables, "GUNICORN_CMD_ARGS": shlex.join(self.words["environment"])}
        return run(self.folder, "--print-config", *args, *self.words["command line"], "app", program=program,
                   env=env, yaml=yaml)

    def yaml(self):
        """The file as YAML; JSON is."""
        return "".join(f"{name}: {json.dumps(eval_value(value))}\n" for name, value in self.files.items())


@pytest.mark.parametrize("lower, upper", PAIRS)
def test_the_upper_of_two_layers_wins_for_every_setting(folder, values, lower, upper):
    layers = Layers(values, folder, lower, upper)
    theirs = dict(re.findall(r"^(\w+) += (.*)$", layers.run("-c", "layers.py", program=GUNICORN).stdout, re.M))
    runs = [layers.run("-c", "layers.py")]
    if "file" in (lower, upper):
        runs.append(layers.run(yaml=layers.yaml()))
    for done in runs:
        ours = printed(done)
        wrong = [f"{name}: gunicorn {theirs[name]}, gcorn {ours[name]}" for name in layers.names
                 if ours[name] != of_gunicorn(name, theirs[name])]
        assert not wrong, "\n".join(wrong)
        origins = dict(re.findall(r"^(\w+) +=.*  # ([\w ]+),", done.stdout, re.M))
        assert {origins[name] for name in layers.names} == {"config file" if upper == "file" else upper}
    assert len(layers.names) == 3 if lower == "variable" else len(layers.names) > 60


def test_a_file_wins_over_the_default_for_every_setting(folder, settings, values):
    layers = Layers(values, folder, "file", "file")
    theirs = dict(re.findall(r"^(\w+) += (.*)$", layers.run("-c", "layers.py", program=GUNICORN).stdout, re.M))
    ours = printed(layers.run("-c", "layers.py"))
    assert layers.names == set(settings) - set(NO_LAYERS)
    hooks = {name for name, setting in settings.items() if setting.section == "Server Hooks"}
    assert {name: ours[name] for name in layers.names - hooks} == \
        {name: of_gunicorn(name, theirs[name]) for name in layers.names - hooks}
    assert {ours[name] for name in hooks} == {"posixpath.basename", "genericpath.samefile", "calendar.weekday"}


@pytest.mark.parametrize("value", FILE_VALUES)
def test_a_python_file_takes_what_gunicorn_takes(folder, settings, value):
    theirs = {name: read_value(name, value) for name, setting in settings.items() if not is_otherwise(setting, value)}
    refused = {name for name, text in theirs.items() if text is None}

    def ask(names):
        lines = "".join(f"{name} = {value}\n" for name in names)
        (folder / "values.py").write_text("import pathlib\n" + lines)
        return run(folder, "--print-config", "-c", "values.py", "app")

    errors = ask(refused).stderr
    said = set(re.findall(r"^gcorn: error: config file, values.py:\d+: (\w+): ", errors, re.M))
    assert refused == said, errors
    taken = {name: text for name, text in theirs.items() if text is not None}
    ours = printed(ask(taken))
    compared = [name for name in taken if settings[name].section != "Server Hooks"]
    assert {name: ours[name] for name in compared} == {name: taken[name] for name in compared}


@pytest.mark.parametrize("layer", LAYERS[1:])
def test_what_is_missing_stops_the_start_from_every_layer(folder, missing, layer):
    """Each setting that is not in this version, given a value that is not its default."""
    known = {setting.name: setting for setting in config.KNOWN_SETTINGS if setting.name in missing}
    lines, words = [], []
    for name, setting in known.items():
        values = [value for value in ("7", "17000", "'uwsgi'", "'on'", "'uvloop'", "'h2'", "'127.0.0.2'", "'both'",
                                      "['a:b']", "{'version': 1}", "'os.path.exists'", "'os.path.samefile'")
                  if read_value(name, value) not in (None, of_gunicorn(name, setting.default))]
        assert values, name
        if setting.cli:
            words.append(f"{setting.cli[-1]}={str(eval_value(values[0])).strip('[]').strip(chr(39))}")
        lines.append(f"{name} = {values[0]}\n")
    (folder / "missing.py").write_text("".join(lines) if layer == "file" else "")
    env = {"GUNICORN_CMD_ARGS": shlex.join(words)} if layer == "environment" else {}
    done = run(folder, "-c", "missing.py", *(words if layer == "command line" else []), "app", env=env)
    assert done.returncode == 1
    said = set(re.findall(r"^gcorn: error: [^:]*(?::\d+)?: (\w+): .*: not in this version: ", done.stderr, re.M))
    assert said == {name for name, setting in known.items() if layer == "file" or setting.cli}, done.stderr
