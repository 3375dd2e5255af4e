# SPDX-License-Identifier: MIT
# Work that has to be done once, before there are workers.
import pathlib
import subprocess
import sys

workers = 2
done = pathlib.Path("migrated")


def on_starting(server):
    subprocess.run([sys.executable, "-c", f"open({str(done)!r}, 'w').close()"], check=True)
    server.log.info("migrated: %s", done.exists())


def pre_fork(server, worker):
    assert done.exists()


def on_exit(server):
    done.unlink()
