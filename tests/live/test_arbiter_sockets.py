# SPDX-License-Identifier: MIT
"""Where the arbiter listens, whose sockets those are, and how they change."""
import os
import re
import signal
import socket
import stat

import pytest

from harness.life import send, start, wait_until
from harness.load import Load
from harness.wire import Connection


@pytest.fixture
def bound():
    """bound("-b", …, app): a gcorn with the sockets of its arguments; its addresses are in the log."""
    servers = []

    def begin(*args, **options):
        server = start("--log-level", "debug", *args, **options)
        servers.append(server)
        server.wait_log("is ready")
        server.addresses = addresses(server.wait_log(r"listening at: (\S+) \(\d+\)").group(1))
        return server
    yield begin
    for server in servers:
        code = server.stop()
        assert code == 0, f"exit code {code}\n{server.log}"


def addresses(text):
    found = []
    for url in text.split(","):
        if url.startswith("unix:"):
            found.append(url[5:])
        else:
            host, port = re.match(r"http://(.*):(\d+)$", url).groups()
            found.append((host.strip("[]"), int(port)))
    return found


def get(address, target="/"):
    with Connection(address) as connection:
        return connection.get(target).body


def test_several_addresses_are_served(bound, socket_folder):
    server = bound("-b", "127.0.0.1:0", "-b", "[::1]:0", "-b", f"unix:{socket_folder}/s", "life:app")
    assert len(server.addresses) == 3
    for address in server.addresses:
        assert get(address) == b"hello"


@pytest.mark.parametrize("umask, mode", [(None, 0o777), ("0o077", 0o700), ("0177", 0o600)])
def test_a_unix_socket_has_the_mode_that_umask_leaves(bound, socket_folder, umask, mode):
    path = f"{socket_folder}/s"
    bound("-b", f"unix:{path}", *(["-m", umask] if umask else []), "life:app")
    assert stat.S_IMODE(os.stat(path).st_mode) == mode


def test_a_unix_socket_goes_at_the_end_and_a_stale_one_is_no_obstacle(bound, socket_folder):
    path = f"{socket_folder}/s"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    server = bound("-b", f"unix:{path}", "life:app")
    assert get(path) == b"hello"
    assert server.stop() == 0
    assert not os.path.exists(path)


def test_a_live_unix_socket_is_not_taken(bound, socket_folder):
    path = f"{socket_folder}/s"
    bound("-b", f"unix:{path}", "life:app")
    other = start("-b", f"unix:{path}", "life:app")
    other.wait_log(r"Address already in use \(attempt 1 of 5\)")
    assert other.stop() == 0
    assert get(path) == b"hello"


def test_a_file_that_is_no_socket_is_left_alone(socket_folder):
    path = f"{socket_folder}/s"
    with open(path, "w") as file:
        file.write("precious")
    server = start("-b", f"unix:{path}", "life:app")
    assert server.wait_exit(5) == 1
    with open(path) as file:
        assert file.read() == "precious"


def test_an_inherited_descriptor_is_served(socket_folder):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        fd = listener.fileno()
        server = start("-b", f"fd://{fd}", "life:app", pass_fds=[fd])
        address = listener.getsockname()
        server.wait_log("listening at:")
    assert get(address) == b"hello"
    assert server.stop() == 0


def test_reuse_port_lets_two_servers_share_an_address(bound):
    first = bound("-b", "127.0.0.1:0", "--reuse-port", "life:app")
    second = bound("-b", "%s:%d" % first.addresses[0], "--reuse-port", "life:app")
    assert second.addresses == first.addresses
    seen = set()
    wait_until(lambda: seen.add(get(first.addresses[0], "/pid")) or len(seen) == 2, "answers of both servers")


def test_a_capped_backlog_is_told(bound):
    with open("/proc/sys/net/core/somaxconn") as file:
        cap = int(file.read())
    server = bound("-b", "127.0.0.1:0", "--backlog", str(cap + 1), "life:app")
    assert f"caps the backlog of {cap + 1} at {cap}" in server.log


def test_wrong_addresses_stop_the_start():
    for address, words in [("127.0.0.1:99999", "99999"), ("::1:80", "brackets"), ("unix:", "path"),
                           ("fd://x", "fd://"), ("fd://77", "77")]:
        server = start("-b", address, "life:app")
        assert server.wait_exit(5) == 1, address
        assert words in server.log


class Watched:
    """A server whose config file says where it listens."""

    def __init__(self, bound, folder, bind):
        self.config = folder / "gcorn.yaml"
        self.write(bind)
        self.server = bound("-c", str(self.config), "life:app")
        self.address = self.server.addresses[0]

    def write(self, bind):
        self.config.write_text(f"workers: 2\nbind: [{', '.join(bind)}]\n")

    def reload(self):
        done = self.server.log.count("reloaded:")
        send(self.server, signal.SIGHUP)
        self.server.wait_log("reloaded:", count=done + 1)


def test_a_reload_opens_and_closes_addresses_and_loses_nothing(bound, tmp_path, socket_folder):
    first, second = f"{socket_folder}/first", f"{socket_folder}/second"
    it = Watched(bound, tmp_path, [f"unix:{first}", "127.0.0.1:0"])
    steady = type("Server", (), {"address": it.server.addresses[1]})
    load = Load(steady, "/pid")
    it.write([f"unix:{second}", "127.0.0.1:0"])
    it.reload()
    assert get(second) == b"hello"
    assert not os.path.exists(first)
    it.write([f"unix:{first}", "127.0.0.1:0"])
    it.reload()
    assert get(first) == b"hello"
    assert not os.path.exists(second)
    assert load.finish() > 0


def test_connections_that_wait_at_an_address_that_goes_are_served(bound, tmp_path, socket_folder):
    first, second = f"{socket_folder}/first", f"{socket_folder}/second"
    it = Watched(bound, tmp_path, [f"unix:{first}"])
    busy = [Connection(first) for _ in range(2)]
    for connection in busy:  # both workers are in the app
        connection.request("GET", "/sleep/1")
    waiting = [Connection(first) for _ in range(20)]
    for connection in waiting:
        connection.request("GET", "/")
    it.write([f"unix:{second}"])
    it.reload()
    for connection in busy + waiting:
        assert connection.response().status == 200
        connection.close()
    with pytest.raises(OSError):
        Connection(first)


def test_an_address_that_cannot_be_bound_fails_the_reload(bound, tmp_path, socket_folder):
    first = f"{socket_folder}/first"
    it = Watched(bound, tmp_path, [f"unix:{first}"])
    it.write([f"unix:{first}", "192.0.2.1:1"])
    send(it.server, signal.SIGHUP)
    it.server.wait_log("reload failed.*192.0.2.1:1")
    assert get(first) == b"hello"


def test_a_stop_serves_what_waits_in_the_queue(bound):
    server = bound("-b", "127.0.0.1:0", "-w", "2", "life:app")
    address = server.addresses[0]
    busy = [Connection(address) for _ in range(2)]
    for connection in busy:
        connection.request("GET", "/sleep/0.7")
    waiting = [Connection(address) for _ in range(200)]
    for connection in waiting:
        connection.request("GET", "/")
    send(server, signal.SIGTERM)
    for connection in busy + waiting:
        assert connection.response().status == 200
        connection.close()
    assert server.stop() == 0


@pytest.mark.parametrize("args", [(), ("--threads", "2")], ids=["sync", "gthread"])
def test_idle_connections_get_a_last_call_and_do_not_hold_up_a_stop(bound, args):
    server = bound("-b", "127.0.0.1:0", "--keep-alive", "75", *args, "life:app")
    silent, kept, late = (Connection(server.addresses[0]) for _ in range(3))
    for connection in (kept, late):
        connection.get("/")
    send(server, signal.SIGTERM)
    while late.get("/")["Connection"] != "close":
        pass  # the worker does not know yet
    assert silent.get("/")["Connection"] == "close"
    assert late.is_ended() and silent.is_ended()
    assert server.wait_exit(5) == 0
    assert kept.is_ended()


def test_clients_that_do_not_close_hold_up_a_stop_for_seconds_only(bound):
    server = bound("-b", "127.0.0.1:0", "life:app")
    connections = [Connection(server.addresses[0]) for _ in range(20)]
    for connection in connections:
        connection.request("GET", "/")
    for connection in connections:
        connection.response()
    assert server.stop(seconds=5) == 0
