# SPDX-License-Identifier: MIT
"""Everything that the arbiter does to workers, while clients of every kind keep asking: none may notice.

GCORN_TORTURE_SECONDS is how long each kind of torture lasts (3 in the suite; a minute finds rarer things).
"""
import os
import signal
import time

import pytest

from harness.life import is_alive, send, start, title, wait_until
from harness.load import Load
from harness.wire import Connection

SECONDS = float(os.environ.get("GCORN_TORTURE_SECONDS", "3"))
BODY = b"x" * 10_000


@pytest.fixture(params=[(), ("--preload",), ("--threads", "3")], ids=["plain", "preload", "gthread"])
def victim(request, socket_folder):
    """A server with two addresses, TCP and unix; stopped at the end, whoever is its arbiter then."""
    made = []

    def begin(*args, workers=2):
        path = f"{socket_folder}/s"
        server = start("-b", "127.0.0.1:0", "-b", f"unix:{path}", "-w", str(workers), "--log-level", "debug",
                       *request.param, *args, "life:app")
        made.append(server)
        server.wait_log("is ready", count=workers)
        port = int(server.wait_log(r"listening at: http://127\.0\.0\.1:(\d+)").group(1))
        server.addresses = [("127.0.0.1", port), path]
        server.address = server.addresses[0]
        return server
    yield begin
    for server in made:
        server.kill()


def attack(server, **options):
    return Load(server, "/pid", addresses=server.addresses, body=BODY, **options)


def until_time_is_up():
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        yield rounds
        rounds += 1


def workers_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split() if "worker" in title(int(word))]


def report(load, what):
    print(f"{what}: {len(load.answers)} answers, p50 {load.percentile(50) * 1000:.1f} ms, "
          f"p99 {load.percentile(99) * 1000:.1f} ms, {len(load.errors)} errors")


def test_reloads_lose_nothing(victim):
    server = victim()
    load = attack(server)
    for number in until_time_is_up():
        send(server, signal.SIGHUP)
        server.wait_log("reloaded:", count=number + 1)
    report(load, f"{number + 1} reloads")
    load.finish()
    assert server.stop() == 0


def test_upgrades_lose_nothing(victim):
    server = victim()
    load = attack(server)
    arbiter = server.pid
    for number in until_time_is_up():
        ready = server.log.count("is ready")
        os.kill(arbiter, signal.SIGUSR2)
        new = int(server.wait_log(r"the new server is process (\d+)", count=number + 1).group(1))
        server.wait_log("is ready", count=ready + 2)
        os.kill(arbiter, signal.SIGTERM)
        server.wait_log("this one takes its place", count=number + 1)
        arbiter = new
    report(load, f"{number + 1} upgrades")
    load.finish()
    os.kill(arbiter, signal.SIGTERM)
    wait_until(lambda: not is_alive(arbiter), "the end of the last arbiter")


def test_more_and_fewer_workers_lose_nothing(victim):
    server = victim()
    load = attack(server)
    for number in until_time_is_up():
        ready = server.log.count("is ready")
        send(server, signal.SIGTTIN)
        server.wait_log("is ready", count=ready + 1)
        send(server, signal.SIGTTOU)
        server.wait_log(r"worker \d+ \(pid \d+\) leaves", count=number + 1)
    report(load, f"{number + 1} workers more and fewer")
    load.finish()
    assert server.stop() == 0


def test_recycling_loses_nothing(victim):
    server = victim("--max-requests", "50")
    load = attack(server)
    for _ in until_time_is_up():
        time.sleep(0.1)  # what is waited for is the end of the time
    report(load, f"{server.log.count('asks to be replaced')} workers recycled")
    assert server.log.count("asks to be replaced") >= 2
    load.finish()
    assert server.stop() == 0


def test_killed_workers_lose_only_what_was_in_them(victim):
    server = victim()
    clients = 2 * len(server.addresses) * 2
    load = attack(server, tolerant=True)
    kills = []
    for number in until_time_is_up():
        ready = server.log.count("is ready")
        answered = len(load.answers)
        kills.append(time.monotonic())
        os.kill(workers_of(server.pid)[0], signal.SIGKILL)
        server.wait_log("is ready", count=ready + 1)
        wait_until(lambda: len(load.answers) > answered + 20, "answers after the kill")
    report(load, f"{number + 1} workers killed")
    load.stop()
    for when, what in load.errors:  # a connection of the dead worker tells at once, or at its next request
        assert any(0 <= when - kill < 1 for kill in kills), what
    assert len(load.errors) <= clients * len(kills)
    assert server.stop() == 0


def test_a_stop_serves_five_hundred_waiting_connections(victim):
    server = victim()
    busy = [Connection(address) for address in server.addresses]
    for connection in busy:
        connection.request("GET", "/sleep/0.5")
    waiting = [Connection(server.addresses[number % 2]) for number in range(500)]
    for connection in waiting:
        connection.request("POST", "/pid", [], BODY)
    send(server, signal.SIGTERM)
    for connection in busy + waiting:
        assert connection.response().status == 200
        connection.close()
    assert server.wait_exit(10) == 0
