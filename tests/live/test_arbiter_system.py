# SPDX-License-Identifier: MIT
"""The arbiter and the system around it: systemd, other identities, poor surroundings."""
import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness import places
from harness.life import children, is_alive, send, start, title, wait_until
from harness.process import Process
from harness.server import environment
from harness.wire import Connection

class Systemd:
    """Plays systemd's part: takes notifications, hands over sockets."""

    def __init__(self, folder):
        self.path = f"{folder}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(10)
        self.seen = []

    def wait(self, line):
        """The next message that has `line`, as a dictionary."""
        while True:
            message = self.socket.recv(4096).decode()
            self.seen.append(message)
            values = dict(entry.split("=", 1) for entry in message.splitlines())
            if line in message.splitlines():
                return values

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.path, **more}

    def close(self):
        self.socket.close()


@pytest.fixture
def systemd(socket_folder):
    with contextlib.closing(Systemd(socket_folder)) as it:
        yield it


def test_systemd_hears_of_the_start_a_reload_and_the_stop(gcorn, systemd, tmp_path):
    config = tmp_path / "gcorn.yaml"
    config.write_text("workers: 2\n")
    server = gcorn("-c", str(config), "life:app", env=systemd.environment())
    assert systemd.wait("READY=1")["STATUS"] == "serving with 2 workers"
    assert server.get("/").body == b"hello"
    for signum, number in ((signal.SIGTTIN, 3), (signal.SIGTTOU, 2)):
        send(server, signum)
        systemd.wait(f"STATUS=serving with {number} workers")
    send(server, signal.SIGHUP)
    assert int(systemd.wait("RELOADING=1")["MONOTONIC_USEC"]) > 0
    assert systemd.wait("READY=1")["STATUS"] == "serving with 2 workers"
    config.write_text("workers: many\n")
    send(server, signal.SIGHUP)
    systemd.wait("RELOADING=1")
    assert systemd.wait("READY=1")["STATUS"].startswith("reload failed")
    send(server, signal.SIGTERM)
    systemd.wait("STOPPING=1")


def test_systemd_is_not_told_of_a_start_that_fails(systemd):
    server = start("-b", "127.0.0.1:0", "raises_at_import:app", env=systemd.environment())
    assert server.wait_exit(10) == 3
    systemd.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.wait("READY=1")


def test_systemd_watchdog_is_fed(gcorn, systemd):
    gcorn("life:app", env=systemd.environment(WATCHDOG_USEC="200000"))
    for _ in range(3):
        systemd.wait("WATCHDOG=1")


def test_systemd_learns_the_main_process_of_an_upgrade(gcorn, systemd):
    server = gcorn("life:app", env=systemd.environment())
    systemd.wait("READY=1")
    send(server, signal.SIGUSR2)
    new = int(server.wait_log(r"the new server is process (\d+)").group(1))
    systemd.wait("READY=1")
    send(server, signal.SIGTERM)
    systemd.wait(f"MAINPID={new}")
    server.wait_log("this one takes its place")
    os.kill(new, signal.SIGTERM)
    wait_until(lambda: not is_alive(new), "the end of the new server")


def activate(listeners, *args, env=None):
    """Start gcorn as systemd does with these listening sockets: from descriptor 3 on, pid in LISTEN_PID."""
    script = ("import fcntl, os, sys\n"
              "fds = [fcntl.fcntl(int(word), fcntl.F_DUPFD, 100) for word in sys.argv[1].split(',')]\n"
              "for number, fd in enumerate(fds):\n    os.dup2(fd, 3 + number)\n"
              "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))\n"
              "os.execv(sys.argv[2], sys.argv[2:])\n")
    fds = [listener.fileno() for listener in listeners]
    return Process([sys.executable, "-c", script, ",".join(map(str, fds)), places.GCORN, *args],
                   env=environment(env), cwd=places.APPS, pass_fds=fds)


def test_activated_sockets_are_served_and_their_files_kept(socket_folder):
    path = f"{socket_folder}/s"
    with socket.socket(socket.AF_UNIX) as unix, socket.socket() as inet:
        unix.bind(path)
        inet.bind(("127.0.0.1", 0))
        unix.listen(5)
        inet.listen(5)
        address = inet.getsockname()
        server = activate([unix, inet], "-w", "2", "life:app")
        listening = server.wait_log(r"listening at: (\S+)").group(1)
        assert listening == f"unix:{path},http://127.0.0.1:{address[1]}"
        for where in (path, address):
            with Connection(where) as connection:
                assert connection.get("/env/LISTEN_FDS").body == b""
        send(server, signal.SIGHUP)
        server.wait_log("reloaded:")
        assert server.stop() == 0
        assert os.path.exists(path)


def test_activated_sockets_pass_to_an_upgrade(socket_folder):
    path = f"{socket_folder}/s"
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        unix.listen(5)
        server = activate([unix], "--log-level", "debug", "life:app")
        server.wait_log("is ready")
        send(server, signal.SIGUSR2)
        new = int(server.wait_log(r"the new server is process (\d+)").group(1))
        server.wait_log("is ready", count=2)
        os.kill(server.pid, signal.SIGTERM)
        server.wait_log("this one takes its place")
    with Connection(path) as connection:
        assert connection.get("/").body == b"hello"
    os.kill(new, signal.SIGTERM)
    assert server.wait_exit() == 0
    assert os.path.exists(path)


def test_unit_files_are_sound(tmp_path):
    verify = places.find_program("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd-analyze")
    for unit in (places.ROOT / "examples" / "systemd").glob("*.s*"):
        shutil.copy(unit, tmp_path)
        text = (tmp_path / unit.name).read_text()
        (tmp_path / unit.name).write_text(re.sub(r"/srv/app/venv/bin/gcorn|/usr/local/bin/gcorn",
                                                 str(places.GCORN), text))
    units = sorted(str(path) for path in tmp_path.iterdir())
    assert units
    done = subprocess.run([verify, "verify", "--man=no", *units], text=True, capture_output=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert not complaints, done.stderr


def is_open_to_all(path):
    return all(os.stat(part).st_mode & 0o001 for part in [path, *path.parents])


@pytest.fixture
def opened():
    """opened(argument…): a gcorn that every user could have started: what is closed to others is, in name
    spaces of its own, open. Its port."""
    prefix = Path(sys.base_prefix)
    if not is_open_to_all(places.APPS) or not is_open_to_all(places.VENV) or os.geteuid() != 0:
        pytest.skip("the tree is closed to other users" if os.geteuid() == 0 else "needs root")
    closed = [part for part in prefix.parents if not os.stat(part).st_mode & 0o001]
    steps = "true"
    if closed:
        inner = closed[-1] / prefix.relative_to(closed[-1]).parts[0]
        steps = (f"mount --make-rprivate / && mount --bind {inner} /mnt && mount -t tmpfs -o mode=755 none "
                 f"{closed[-1]} && mkdir {inner} && mount --bind /mnt {inner}")
    servers = []

    def begin(*args, run=()):
        server = Process([places.find_program("unshare"), "--mount", "sh", "-c", f"{steps} && exec \"$@\"", "sh", *run,
                          places.GCORN, "-b", "127.0.0.1:0", *args], env=environment(), cwd=places.APPS)
        servers.append(server)
        server.address = ("127.0.0.1", int(server.wait_log(r"listening at: \S+:(\d+)").group(1)))
        return server
    yield begin
    for server in servers:
        assert server.stop() == 0, server.log


def get(server, target):
    with Connection(server.address) as connection:
        return connection.get(target).text


def test_workers_have_the_identity_that_is_asked_for(opened):
    server = opened("life:app", "-u", "65534", "-g", "65534")
    assert get(server, "/identity") == repr(((65534,) * 3, (65534,) * 3, [65534]))
    with open(f"/proc/{server.pid}/status") as file:
        assert "Uid:\t0\t0\t0\t0" in file.read()


def test_initgroups_takes_the_users_groups(opened):
    server = opened("life:app", "-u", "nobody", "-g", "nogroup", "--initgroups")
    assert get(server, "/identity") == repr(((65534,) * 3, (65534,) * 3, [65534]))


@pytest.mark.parametrize("args", [(), ("--preload",)], ids=["plain", "preload"])
def test_a_reload_brings_another_identity(opened, tmp_path, args):
    config = tmp_path / "gcorn.yaml"
    config.write_text("workers: 1\n")
    server = opened("-c", config, "life:app", *args)
    assert get(server, "/identity").startswith("((0, 0, 0), ")
    config.write_text("user: 65534\ngroup: 65534\n")
    send(server, signal.SIGHUP)
    server.wait_log("reloaded:")
    assert get(server, "/identity") == repr(((65534,) * 3, (65534,) * 3, [65534]))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("venv", ["closed/venv", "venv"])
def test_a_python_that_the_user_may_not_read_is_an_error_that_names_what_is_closed(socket_folder, venv):
    folder = Path(socket_folder)
    folder.chmod(0o755)
    (folder / venv / "bin").mkdir(parents=True)
    (folder / venv / "pyvenv.cfg").write_text("version = {}.{}\n".format(*sys.version_info))
    (folder / "closed" / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "closed" / "bin" / "python").touch(0o755)
    (folder / venv / "bin" / "python3").symlink_to(os.path.relpath(folder / "closed/bin/python", folder / venv / "bin"))
    (folder / "closed").chmod(0o700)
    ended = subprocess.run([places.GCORN, "-b", "127.0.0.1:0", "-u", "65534", "--venv", folder / venv, "life:app"], cwd="/",
                           env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert ended.returncode == 3
    assert f"venv: {folder}/closed is closed to the user " in ended.stdout and "set preload_app" in ended.stdout


LOGGER = """
from gunicorn.glogging import Logger
class Mine(Logger):
    pass
logger_class = Mine
"""


def test_a_logger_in_python_opens_its_files_again_as_another_user(opened, socket_folder):
    folder = Path(socket_folder)
    folder.chmod(0o755)
    (folder / "conf.py").write_text(LOGGER)
    log = folder / "access.log"
    server = opened("-c", folder / "conf.py", "--access-logfile", log, "life:app", "-u", "65534", "-g", "65534")
    get(server, "/")
    wait_until(lambda: log.stat().st_size, "a line")
    log.rename(folder / "access.log.1")
    os.kill(server.pid, signal.SIGUSR1)
    wait_until(log.exists, "the new file")
    wait_until(lambda: get(server, "/") and log.stat().st_size, "a line in it")
    assert log.stat().st_uid == 65534 and "failed" not in server.log


def test_a_random_user_without_a_home_can_run_it(opened):
    drop = ("import os, sys\nos.setgroups([])\nos.setgid(4242)\nos.setuid(4242)\nos.environ.pop('HOME', None)\n"
            "os.execv(sys.argv[1], sys.argv[1:])\n")
    server = opened("life:app", run=[sys.executable, "-c", drop])
    assert get(server, "/identity") == repr(((4242,) * 3, (4242,) * 3, []))


# Become user argv[1], who may have argv[2] processes, and run the rest.
LIMITED = ("import os, resource, sys\nos.setgroups([])\nos.setgid(4242)\nos.setuid(int(sys.argv[1]))\n"
           "resource.setrlimit(resource.RLIMIT_NPROC, (int(sys.argv[2]),) * 2)\nos.execv(sys.argv[3], sys.argv[3:])\n")


def test_a_limit_of_processes_is_told_and_waited_out(opened):
    """Two processes of a user are allowed, and one of them is not the server."""
    uid = 100_000 + os.getpid()
    with subprocess.Popen([places.find_program("sleep"), "60"], user=uid) as other:
        server = opened("life:app", run=[sys.executable, "-c", LIMITED, str(uid), "2"])
        server.wait_log(r"cannot fork a worker .*ulimit -u.*: Resource .*\n.*next attempt .* in 0.25 s")
        other.kill()
    assert get(server, "/") == "hello"


def test_who_cannot_become_root_is_told_so_and_the_remedy(opened, socket_folder):
    folder = Path(socket_folder)
    folder.chmod(0o755)
    config = folder / "gcorn.yaml"
    config.write_text("workers: 1\n")
    server = opened("-c", config, "life:app", run=[sys.executable, "-c", LIMITED, "4243", "100"])
    config.write_text("user: root\n")
    send(server, signal.SIGHUP)
    server.wait_log("reload failed.*: user: user 4243, who started gcorn, may not give .* start it as root")
    assert get(server, "/identity") == repr(((4243,) * 3, (4242,) * 3, []))


@pytest.mark.parametrize("args, processes, reason", [
    ((), 4, r"no worker could be started to try it"),
    (("--preload",), 6, r"the process that preloads the app could not fork the worker to try it")],
    ids=["plain", "preload"])
def test_a_reload_that_finds_no_room_for_a_process_is_called_off(opened, args, processes, reason):
    uid = 200_000 + 2 * os.getpid() + len(args)
    server = opened("--log-level", "debug", "life:app", *args,
                    run=[sys.executable, "-c", LIMITED, str(uid), str(processes)])
    server.wait_log("is ready")
    sleep = [places.find_program("sleep"), "60"]
    with subprocess.Popen(sleep, user=uid) as one, subprocess.Popen(sleep, user=uid) as other:
        for count in (1, 2):
            send(server, signal.SIGHUP)
            server.wait_log(f"reload failed, the old workers go on: {reason}", count=count)
            wait_until(lambda: len(children(server.pid)) == 1 + len(args), "the end of what tried")
        assert get(server, "/") == "hello"
        assert len(server.log.splitlines()) < 50
        one.kill()
        other.kill()
    send(server, signal.SIGHUP)
    server.wait_log("reloaded: 1 workers")


def test_too_few_descriptors_stop_the_start():
    few = "import os, resource, sys\nresource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))\nos.execv(sys.argv[1], sys.argv[1:])\n"
    server = Process([sys.executable, "-c", few, places.GCORN, "-b", "127.0.0.1:0", "-w", "9", "life:app"],
                     env=environment(), cwd=places.APPS)
    assert server.wait_exit(10) == 1
    assert re.search(r"scoreboard slot \d+ of 26 .*ulimit -n.*Too many open files", server.log)


def test_a_unix_socket_belongs_to_the_workers_identity(opened, socket_folder):
    path = f"{socket_folder}/s"
    opened("-b", f"unix:{path}", "life:app", "-u", "65534", "-g", "65534")
    assert (os.stat(path).st_uid, os.stat(path).st_gid) == (65534, 65534)


def container(*command, root_is_read_only=True):
    """`command` in name spaces of its own, as process 1, without /dev/shm, on a read-only root."""
    unshare = places.find_program("unshare")
    if unshare is None or os.geteuid() != 0:
        pytest.skip("needs unshare and root")
    read_only = "mount -o remount,bind,ro / && " if root_is_read_only else ""
    script = ("mount --make-rprivate / && mount -t proc proc /proc && mount --bind / / && " + read_only +
              "mount -t tmpfs -o size=0,nr_inodes=1,mode=000 none /dev/shm 2>/dev/null; exec \"$@\"")
    return Process([unshare, "--pid", "--mount", "--fork", "--kill-child", "sh", "-c", script, "sh", *command],
                   env=environment(), cwd=places.APPS)


def test_it_is_a_good_process_1():
    server = container(places.GCORN, "-b", "127.0.0.1:0", "-w", "2", "life:app")
    try:
        port = int(server.wait_log(r"listening at: http://127\.0\.0\.1:(\d+) \(1\)").group(1))
        with Connection(("127.0.0.1", port)) as connection:
            assert connection.get("/").body == b"hello"
        inner = wait_until(lambda: [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                                    if is_master_of(pid, server)], "process 1")[0]
        os.kill(inner, signal.SIGTERM)
        assert server.wait_exit() == 0
    finally:
        server.kill()


@pytest.mark.parametrize("spec, code", [("raises_at_import:app", 3), ("life:no_such_name", 4)])
def test_it_ends_with_gunicorns_codes_as_process_1(spec, code):
    server = container(places.GCORN, "-b", "127.0.0.1:0", spec)
    assert server.wait_exit(10) == code


def is_master_of(pid, server):
    try:
        with open(f"/proc/{pid}/status") as file:
            parent = int(re.search(r"PPid:\t(\d+)", file.read()).group(1))
        return parent == server.pid and title(pid).startswith("gcorn: master")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_strangers_are_reaped_as_process_1():
    server = container(places.GCORN, "-b", "127.0.0.1:0", "--log-level", "debug", "life:app")
    try:
        port = int(server.wait_log(r"listening at: http://127\.0\.0\.1:(\d+)").group(1))
        with Connection(("127.0.0.1", port)) as connection:
            assert connection.get("/orphan").body == b"left alone"
        server.wait_log(r"reaped \d+, not one of our children")
    finally:
        server.kill()
