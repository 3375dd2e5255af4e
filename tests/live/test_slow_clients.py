# SPDX-License-Identifier: MIT
"""Clients that are slow or silent cost the others nothing; requests never wait for one another while a
worker is idle."""
import contextlib
import json
import resource
import selectors
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.process import rss_bytes, wait_until

IDLE = 2000
SLOW = 200


@pytest.fixture(scope="module", autouse=True)
def descriptors():
    """Room for this process's own ends of the connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 65536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def latencies(*servers, count=150):
    """For each server, the seconds that each of `count` requests took, half of them on new connections. The
    servers take turns, so that whatever else this machine does meets them alike."""
    taken = [[] for _ in servers]
    with contextlib.ExitStack() as stack:
        kept = [stack.enter_context(server.connect()) for server in servers]
        for index in range(count):
            for server, connection, found in zip(servers, kept, taken):
                begin = time.perf_counter()
                answer = connection.get("/hello") if index % 2 else server.get("/hello")
                found.append(time.perf_counter() - begin)
                assert answer.status == 200
    return taken


class Tricklers:
    """Clients that each send a byte a second of a request that never ends, until stopped."""

    def __init__(self, server, count):
        self.sockets = [socket.create_connection(server.address) for _ in range(count)]
        for index, client in enumerate(self.sockets):
            client.send(b"GET /hello HTTP/1.1\r\nX-Slow: " if index % 2 else
                        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        share = 1 / len(self.sockets)
        while not self._stop.is_set():
            for client in self.sockets:
                with contextlib.suppress(OSError):  # the server may have had enough of it
                    client.send(b"x")
                if self._stop.wait(share):
                    return

    def stop(self):
        self._stop.set()
        self._thread.join()
        for client in self.sockets:
            client.close()


def test_idle_and_slow_clients_delay_nobody(gcorn):
    calm, crowded = (gcorn("probe:app", "-w", "2", "--worker-connections", "3000") for _ in range(2))
    idle = [socket.create_connection(crowded.address) for _ in range(IDLE)]
    slow = Tricklers(crowded, SLOW)
    try:
        alone, beside = latencies(calm, crowded)
    finally:
        slow.stop()
        for client in idle:
            client.close()
    # A request that had to wait for one of them would take a second or more.
    assert statistics.median(beside) < 2 * statistics.median(alone) + 0.001
    assert statistics.quantiles(beside, n=10)[-1] < 3 * statistics.quantiles(alone, n=10)[-1] + 0.01


@pytest.mark.release
def test_an_idle_connection_costs_less_than_a_kibibyte(gcorn):
    server = gcorn("probe:app", "--keep-alive", "60", "--worker-connections", "10000")
    [worker] = server.wait_workers(1)
    hello(server, 50)
    before = rss_bytes(worker)
    clients = hello(server, 8000)
    assert (rss_bytes(worker) - before) / len(clients) < 1024
    for client in clients:
        client.close()


def hello(server, count):
    """So many connections that have had their answer and are kept."""
    clients = [socket.create_connection(server.address) for _ in range(count)]
    for client in clients:
        client.send(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
    return clients


def test_slow_readers_hold_no_worker(gcorn):
    server = gcorn("probe:app")  # one worker: were it held, nobody would be answered
    readers = []
    for _ in range(20):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(server.address)
        client.send(b"GET /bytes-of/500000 HTTP/1.1\r\nHost: a\r\n\r\n")
        readers.append(client)
    for _ in range(20):
        assert server.get("/hello").status == 200
    totals = drain(readers)
    assert {total > 500_000 for total in totals} == {True}


def drain(clients):
    """Read all of them to the end of their response; how much came from each."""
    totals = dict.fromkeys(clients, 0)
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                totals[key.fileobj] += len(data)
                if not data or totals[key.fileobj] > 500_000:
                    selector.unregister(key.fileobj)
    for client in clients:
        client.close()
    return list(totals.values())


def test_simultaneous_requests_are_never_served_one_after_the_other(gcorn):
    """50 rounds of two requests of 0.4 s, each on a new connection, on two idle workers: they overlap."""
    server = gcorn("probe:app", "-w", "2")
    while len({json.loads(server.get("/stats").body)["pid"] for _ in range(20)}) < 2:
        ask_together(server)  # both workers are up once each has answered
    with ThreadPoolExecutor(2) as pool:
        for number in range(50):
            wait_until(lambda: all(is_waiting(pid) for pid in server.workers), "both workers are idle")
            gate = threading.Barrier(2)
            one, two = pool.map(lambda _: ask(server, gate), range(2))
            assert one["pid"] != two["pid"], f"round {number}: one worker took both"
            assert max(one["begin"], two["begin"]) < min(one["end"], two["end"]), f"round {number}: in turn"


def is_waiting(pid):
    """True if the process sleeps in the kernel."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


def ask(server, gate):
    with server.connect() as connection:
        gate.wait()
        return json.loads(connection.get("/sleep/400").body)


def ask_together(server):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: server.get("/sleep/50"), range(2)))


def test_a_busy_worker_leaves_new_connections_to_the_idle_one(gcorn):
    server = gcorn("probe:app", "-w", "2")
    while len({json.loads(server.get("/stats").body)["pid"] for _ in range(20)}) < 2:
        ask_together(server)
    with server.connect() as busy:
        begin = time.monotonic()
        busy.request("GET", "/sleep/2000")
        answered = 0
        while time.monotonic() < begin + 1.5:
            assert server.get("/hello").status == 200
            answered += 1
        found = json.loads(busy.response().body)
    assert found["end"] > begin + 1.5 and answered > 20
