# SPDX-License-Identifier: MIT
"""Fixtures: servers that a test or a file of tests starts, and that are proved clean at its end."""
import shutil
import tempfile

import pytest

from harness import places
from harness.hooked import Hooked
from harness.process import LATEST
from harness.server import Server, gcorn_argv, gunicorn_argv


def pytest_configure():
    if not places.GCORN.exists():
        pytest.exit(f"{places.GCORN} does not exist: build it first, or name another one with GCORN_BINARY", 2)


def pytest_collection_modifyitems(config, items):
    """What measures memory or time says nothing about a sanitizer build: it belongs to the other run."""
    if not places.is_sanitized():
        return
    measuring = [item for item in items if item.get_closest_marker("release")]
    config.hook.pytest_deselected(items=measuring)
    items[:] = [item for item in items if item not in measuring]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With a failure goes what the servers said that were started last."""
    report = yield
    if report.failed:
        report.sections += [process.summary for process in LATEST]
        LATEST.clear()
    return report


class Starter:
    """Starts servers; finish() stops them all and asserts that each ended well."""

    def __init__(self, argv_of):
        self._argv_of = argv_of
        self._running = []

    def __call__(self, *args, expect=0, **options):
        server = Server(self._argv_of(*args), **options)
        self._running.append((server, expect))
        return server

    def finish(self):
        failures = []
        for server, expect in self._running:
            try:
                server.check_end(expect)
            except AssertionError as failure:
                failures.append(str(failure))
            finally:
                server.kill()
        assert not failures, "\n".join(failures)


@pytest.fixture
def gcorn():
    """gcorn("app:spec", "-w", "2", bind=…, env=…): a gcorn for this test."""
    starter = Starter(gcorn_argv)
    yield starter
    starter.finish()


@pytest.fixture(scope="module")
def shared_gcorn():
    """The same for all tests of a file."""
    starter = Starter(gcorn_argv)
    yield starter
    starter.finish()


@pytest.fixture(scope="module")
def shared_gunicorn():
    """gunicorn, to be compared with."""
    starter = Starter(gunicorn_argv)
    yield starter
    starter.finish()


@pytest.fixture
def socket_folder():
    """A folder with a short name: the path of a unix socket must fit into 107 bytes."""
    folder = tempfile.mkdtemp(prefix="gcorn-")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def hooked(tmp_path):
    """hooked(argv_of, text, …): a server with that config file for this test."""
    running = []

    def start(argv_of, text, *args, **options):
        running.append(Hooked(tmp_path, argv_of, text, *args, **options))
        return running[-1]

    yield start
    for one in running:
        if one.server:
            one.server.kill()
