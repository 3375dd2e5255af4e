# SPDX-License-Identifier: MIT
"""Everything that the arbiter does to workers, while clients of every kind keep asking: none may notice.

GCORN_TORTURE_SECONDS is how long each kind of torture lasts (3 in the suite; a minute finds rarer things). How long
answers take meanwhile is printed beside how long they take in peace; GCORN_TORTURE_RATIO, if it is set, is how many
times longer the slowest hundredth may take. On a busy machine that says nothing, so the suite does not ask.
"""
import os
import signal
import time

import pytest

from harness.life import is_alive, send, start, title, wait_until
from harness.load import Load
from harness.wire import Connection

SECONDS = float(os.environ.get("GCORN_TORTURE_SECONDS", "3"))
RATIO = float(os.environ.get("GCORN_TORTURE_RATIO", "inf"))
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
    """Clients of every kind, after a sixth of the time in peace."""
    load = Load(server, "/pid", addresses=server.addresses, body=BODY, **options)
    time.sleep(SECONDS / 6)
    wait_until(lambda: load.seconds, "an answer")
    load.calm = load.seconds[:]
    return load


def rounds(in_a_minute):
    """0, 1, … until the time is up: so many in a minute, or as fast as they get done if it is shorter."""
    begin = time.monotonic()
    pause = SECONDS / in_a_minute
    number = 0
    while time.monotonic() < begin + SECONDS:
        yield number
        number += 1
        time.sleep(max(0, begin + number * pause - time.monotonic()))


def workers_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split() if "worker" in title(int(word))]


def percentile(seconds, percent):
    """So many milliseconds `percent` of the answers took at most."""
    return sorted(seconds)[len(seconds) * percent // 100] * 1000


def report(load, what):
    calm, then = load.calm, load.seconds[len(load.calm):]
    ratio = percentile(then, 99) / percentile(calm, 99)
    print(f"{what}: {len(load.answers)} answers, {len(load.errors)} errors; "
          f"p50 {percentile(calm, 50):.1f} ms in peace, {percentile(then, 50):.1f} ms then; "
          f"p99 {percentile(calm, 99):.1f} ms in peace, {percentile(then, 99):.1f} ms then: ratio {ratio:.2f}")
    assert ratio <= RATIO


def test_reloads_lose_nothing(victim):
    server = victim()
    load = attack(server)
    for number in rounds(20):
        send(server, signal.SIGHUP)
        server.wait_log("reloaded:", count=number + 1)
    load.finish()
    report(load, f"{number + 1} reloads")
    assert server.stop() == 0


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT], ids=["term", "quit"])
def test_upgrades_lose_nothing(victim, signum):
    server = victim()
    load = attack(server)
    arbiter = server.pid
    for number in rounds(20):
        ready = server.log.count("is ready")
        os.kill(arbiter, signal.SIGUSR2)
        new = int(server.wait_log(r"the new server is process (\d+)", count=number + 1).group(1))
        server.wait_log("is ready", count=ready + 2)
        os.kill(arbiter, signum)
        server.wait_log("this one takes its place", count=number + 1)
        arbiter = new
    load.finish()
    report(load, f"{number + 1} upgrades")
    os.kill(arbiter, signal.SIGTERM)
    wait_until(lambda: not is_alive(arbiter), "the end of the last arbiter")


def test_more_and_fewer_workers_lose_nothing(victim):
    server = victim()
    load = attack(server)
    for number in rounds(60):
        ready = server.log.count("is ready")
        send(server, signal.SIGTTIN)
        server.wait_log("is ready", count=ready + 1)
        send(server, signal.SIGTTOU)
        server.wait_log(r"worker \d+ \(pid \d+\) leaves", count=number + 1)
    load.finish()
    report(load, f"{number + 1} workers more and fewer")
    assert server.stop() == 0


def test_recycling_loses_nothing(victim):
    server = victim("--max-requests", "50")
    load = attack(server)
    for _ in rounds(60):
        pass  # the load makes them
    load.finish()
    report(load, f"{server.log.count('asks to be replaced')} workers recycled")
    assert server.log.count("asks to be replaced") >= 2
    assert server.stop() == 0


def test_killed_workers_lose_only_what_was_in_them(victim):
    server = victim()
    clients = 2 * len(server.addresses) * 2
    load = attack(server, tolerant=True)
    kills = []
    for number in rounds(60):
        ready = server.log.count("is ready")
        answered = len(load.answers)
        kills.append(time.monotonic())
        os.kill(workers_of(server.pid)[0], signal.SIGKILL)
        server.wait_log("is ready", count=ready + 1)
        wait_until(lambda: len(load.answers) > answered + 20, "answers after the kill")
    load.stop()
    report(load, f"{number + 1} workers killed")
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
