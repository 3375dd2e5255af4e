# SPDX-License-Identifier: MIT
"""USR2: a new arbiter beside the old one, and its pidfiles."""
import os
import re
import signal

import pytest

from harness import places
from harness.life import Answer, children, is_alive, is_sleeping, send, start, title, wait_busy, wait_until
from harness.load import Load
from harness.process import Process
from harness.server import environment


def pid_in(path):
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


@pytest.fixture
def upgrade(gcorn, tmp_path):
    """A server with a pidfile, and a function that upgrades it: the new arbiter's pid, once it is ready."""
    class Upgrade:
        pidfile, pidfile2 = tmp_path / "pid", tmp_path / "pid.2"

        def start(self, *args, workers=1, **options):
            self.workers = workers
            self.server = gcorn("life:app", "-p", str(self.pidfile), "--log-level", "debug", "-w", str(workers),
                                *args, **options)
            self.server.wait_log("is ready", count=workers)
            return self.server

        def begin(self):
            ready = self.server.log.count("is ready")
            send(self.server, signal.SIGUSR2)
            pid = int(self.server.wait_log(r"the new server is process (\d+)").group(1))
            self.server.wait_log("is ready", count=ready + self.workers)
            return pid

    it = Upgrade()
    yield it
    for path in (it.pidfile, it.pidfile2):
        pid = pid_in(path)
        if pid and pid != it.server.pid:  # a new server that a failed test has left
            os.kill(pid, signal.SIGKILL)


def end(pid, signum=signal.SIGTERM):
    os.kill(pid, signum)
    wait_until(lambda: not is_alive(pid), f"the end of {pid}")


def test_an_upgrade_under_load_hands_over_the_sockets(upgrade):
    server = upgrade.start(workers=2)
    load = Load(server, "/pid")
    new = upgrade.begin()
    assert pid_in(upgrade.pidfile) == server.pid and pid_in(upgrade.pidfile2) == new
    assert title(server.pid) == "gcorn: master [life:app]" and title(new) == "gcorn: master [life:app.2]"
    old_workers, new_workers = set(server.workers) - {new}, set(children(new))
    wait_until(lambda: {int(pid) for pid in load.answers} >= old_workers | new_workers, "answers of all four")
    end(server.pid)
    server.wait_log("this one takes its place")
    wait_until(lambda: pid_in(upgrade.pidfile) == new and not upgrade.pidfile2.exists(), "the new pidfile")
    assert title(new) == "gcorn: master [life:app]"
    load.finish()
    end(new)
    assert not upgrade.pidfile.exists()


@pytest.mark.parametrize("signum, words", [(signal.SIGTERM, "left with code 0"), (signal.SIGKILL, "was killed by")])
def test_an_upgrade_can_be_rolled_back(upgrade, signum, words):
    server = upgrade.start()
    load = Load(server, "/pid")
    new = upgrade.begin()
    end(new, signum)
    server.wait_log(rf"the new server \(pid \d+\) {words}.*; this one goes on")
    assert pid_in(upgrade.pidfile) == server.pid and not upgrade.pidfile2.exists()
    load.finish()


def test_two_upgrades_in_a_row(upgrade):
    server = upgrade.start()
    load = Load(server, "/pid")
    first = upgrade.begin()
    end(server.pid)
    server.wait_log("this one takes its place")
    os.kill(first, signal.SIGUSR2)
    second = int(server.wait_log(r"the new server is process (\d+)", count=2).group(1))
    server.wait_log("is ready", count=3)
    end(first)
    server.wait_log("this one takes its place", count=2)
    load.finish()
    wait_until(lambda: pid_in(upgrade.pidfile) == second, "the pidfile")
    end(second)


def test_a_second_upgrade_waits_for_the_first(upgrade):
    server = upgrade.start()
    new = upgrade.begin()
    send(server, signal.SIGUSR2)
    server.wait_log("an upgrade is going on already")
    os.kill(new, signal.SIGUSR2)
    server.wait_log("still runs")
    end(new)


def test_the_new_server_can_be_reloaded_before_it_is_alone(upgrade):
    server = upgrade.start()
    new = upgrade.begin()
    os.kill(new, signal.SIGHUP)
    server.wait_log("reloaded:")
    assert pid_in(upgrade.pidfile) == server.pid and pid_in(upgrade.pidfile2) == new
    end(new)


def test_a_unix_socket_outlives_the_old_server_and_goes_with_the_new(upgrade, socket_folder):
    path = f"{socket_folder}/s"
    server = upgrade.start(bind=path)
    new = upgrade.begin()
    end(server.pid)
    server.wait_log("this one takes its place")
    assert server.get("/").body == b"hello"
    end(new)
    assert not os.path.exists(path)


def test_a_rollback_leaves_the_unix_socket(upgrade, socket_folder):
    path = f"{socket_folder}/s"
    server = upgrade.start(bind=path)
    end(upgrade.begin())
    server.wait_log("this one goes on")
    assert server.get("/").body == b"hello"
    assert server.stop() == 0
    assert not os.path.exists(path)


def test_a_new_server_that_cannot_start_changes_nothing(upgrade, tmp_path):
    config = tmp_path / "gcorn.yaml"
    config.write_text("workers: 1\n")
    server = upgrade.start("-c", str(config))
    config.write_text("workers: many\n")
    send(server, signal.SIGUSR2)
    server.wait_log(r"the new server \(pid \d+\) left with code 1; this one goes on")
    assert server.get("/").body == b"hello"
    assert pid_in(upgrade.pidfile) == server.pid


def test_variables_left_over_from_an_upgrade_are_ignored(gcorn):
    server = gcorn("life:app", env={"GCORN_PID": "1", "GCORN_FD": "bind\n77 127.0.0.1:0\n"})
    assert server.get("/env/GCORN_PID").body == b""
    assert re.search("could not be taken over", server.log)


def test_a_pidfile_of_a_live_process_stops_the_start(gcorn, tmp_path):
    path = tmp_path / "pid"
    first = gcorn("life:app", "-p", str(path))
    other = start("-b", "127.0.0.1:0", "-p", str(path), "life:app")
    assert other.wait_exit(5) == 1
    assert re.search(rf"names process {first.pid}, which is alive", other.log)
    assert pid_in(path) == first.pid


def test_a_pidfile_that_cannot_be_written_stops_the_start(tmp_path):
    path = tmp_path / "no_such_folder" / "pid"
    server = start("-b", "127.0.0.1:0", "-p", str(path), "life:app")
    assert server.wait_exit(5) == 1
    assert f"cannot write the pidfile {path}: No such file or directory" in server.log


def test_a_stale_pidfile_is_replaced_and_removed_at_the_end(gcorn, tmp_path):
    path = tmp_path / "pid"
    path.write_text("999999\n")
    server = gcorn("life:app", "-p", str(path))
    assert pid_in(path) == server.pid
    server.stop()
    assert not path.exists()


def test_a_failed_start_leaves_no_pidfile(tmp_path):
    path = tmp_path / "pid"
    server = start("-b", "192.0.2.1:1", "-p", str(path), "life:app")
    server.wait_log("attempt 1")
    assert server.stop() == 0
    assert not path.exists()


def test_the_new_program_finds_no_signal_ignored(tmp_path):
    """It may be a script: what it runs would die late, or not at all, of a closed pipe."""
    program, seen = tmp_path / "gcorn", tmp_path / "seen"
    program.symlink_to(places.GCORN)
    server = Process([program, "-b", "127.0.0.1:0", "--log-level", "debug", "life:app"], env=environment(),
                     cwd=places.APPS)
    try:
        server.wait_log("is ready")
        program.unlink()
        program.write_text(f"#!/bin/sh\ngrep SigIgn /proc/self/status >{seen}\n")
        program.chmod(0o755)
        os.kill(server.pid, signal.SIGUSR2)
        server.wait_log("this one goes on")
    finally:
        code = server.stop()
    ignored = int(seen.read_text().split()[1], 16)
    assert code == 0 and not ignored & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1)


@pytest.mark.parametrize("last", ["old", "new"])
def test_a_unix_socket_goes_with_the_last_of_two_servers_that_stop_together(upgrade, socket_folder, last):
    path = f"{socket_folder}/s"
    server = upgrade.start(bind=path)
    answers = [Answer(server.get, "/sleep/1" if last == "old" else "/sleep/0.5")]
    wait_busy(server)
    new = upgrade.begin()
    answers.append(Answer(server.get, "/sleep/0.5" if last == "old" else "/sleep/1"))
    wait_until(lambda: any(map(is_sleeping, children(new))), "a busy new worker")
    for pid in (server.pid, new):
        os.kill(pid, signal.SIGTERM)
    for answer in answers:
        assert answer.get().body == b"slept"
    wait_until(lambda: not is_alive(server.pid) and not is_alive(new), "the end of both")
    assert not os.path.exists(path)


def test_an_old_server_that_goes_before_the_new_one_listens_is_missed_by_nobody(upgrade, tmp_path):
    slow = tmp_path / "slow"
    (tmp_path / "conf.py").write_text(f"import os, time\ndef on_starting(server):\n"
                                      f"    while os.path.exists({str(slow)!r}):\n        time.sleep(0.01)\n")
    server = upgrade.start("-c", str(tmp_path / "conf.py"))
    slow.touch()
    send(server, signal.SIGUSR2)
    new = int(server.wait_log(r"the new server is process (\d+)").group(1))
    wait_until(lambda: pid_in(upgrade.pidfile2) == new, "the new pidfile")
    end(server.pid)
    slow.unlink()
    server.wait_log("this one takes its place")
    wait_until(lambda: pid_in(upgrade.pidfile) == new and not upgrade.pidfile2.exists(), "the name of the old one")
    end(new)


def test_an_old_server_that_is_killed_and_not_yet_asked_for_does_not_keep_the_pidfile(upgrade):
    server = upgrade.start(expect=-signal.SIGKILL)
    new = upgrade.begin()
    os.kill(server.pid, signal.SIGKILL)
    os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
    wait_until(lambda: pid_in(upgrade.pidfile) == new and not upgrade.pidfile2.exists(), "the name of the old one")
    end(new)
