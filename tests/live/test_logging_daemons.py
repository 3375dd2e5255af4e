# SPDX-License-Identifier: MIT
"""syslog and statsd: what the daemons receive, and that one that is away or slow costs no request."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from harness import places
from harness.addresses import free_address
from harness.process import Process, wait_until

APP = "logged:app"
LINE = re.compile(r"<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:(\S+) )?gunicorn\.(\S+)\.(error|access): \[(\d+)\] (.*)", re.S)


class Receiver:
    """A daemon of datagrams; `wait` returns the first message that contains a text."""

    def __init__(self, family, address):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(0.01)
        self.messages = []

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def collect(self):
        """Everything that has come so far."""
        try:
            while True:
                self.messages += self.socket.recv(65536).decode("utf-8").split("\n")
        except socket.timeout:
            return self.messages

    def wait(self, text):
        return wait_until(lambda: next((line for line in self.collect() if text in line), None), f"{text!r} received")


@pytest.fixture
def udp():
    receiver = Receiver(socket.AF_INET, ("127.0.0.1", 0))
    yield receiver
    receiver.socket.close()


def test_both_logs_reach_syslog_over_udp(gcorn, udp):
    server = gcorn("--log-syslog", "--log-syslog-to", f"udp://127.0.0.1:{udp.port}", "--log-syslog-facility", "local1",
                   "--log-syslog-prefix", "shop", APP)
    server.get("/somewhere")
    priority, host, prefix, log, pid, text = LINE.fullmatch(udp.wait("/somewhere")).groups()
    assert (priority, host, prefix, log) == (str(17 * 8 + 6), socket.gethostname().split(".")[0], "shop", "access")
    assert int(pid) in server.workers and text.startswith("127.0.0.1 - - [")
    assert LINE.fullmatch(udp.wait("listening at")).group(4, 5) == ("error", str(server.pid))


def test_the_access_log_can_be_kept_out_of_syslog(gcorn, udp, tmp_path):
    server = gcorn("--log-syslog", "--log-syslog-to", f"udp://127.0.0.1:{udp.port}",
                   "--disable-redirect-access-to-syslog", "--access-logfile", tmp_path / "access.log", APP)
    server.get("/somewhere")
    server.stop()
    assert "/somewhere" in (tmp_path / "access.log").read_text()
    assert udp.wait("gcorn stops") and "/somewhere" not in "".join(udp.collect())


def test_a_traceback_is_one_datagram(gcorn, socket_folder):
    path = socket_folder + "/log"
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind(path)
    daemon.settimeout(10)
    server = gcorn("--log-syslog", "--log-syslog-to", f"unix://{path}", APP)
    server.get("/?status=nonsense")
    while True:
        text = daemon.recv(65536).decode("utf-8")
        if "Traceback" in text:
            break
    priority, host, prefix, log, _, message = LINE.fullmatch(text).groups()
    assert (priority, host, prefix, log) == ("11", None, "logged.app", "error")
    assert message.count("\n") > 3
    daemon.close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:%d", "unix://%s#stream"])
def test_a_stream_carries_whole_lines_and_survives_a_restart(gcorn, socket_folder, address):
    path = socket_folder + "/log"

    def listen(where):
        family = socket.AF_INET if address.startswith("tcp") else socket.AF_UNIX
        daemon = socket.socket(family, socket.SOCK_STREAM)
        daemon.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        daemon.bind(where)
        daemon.listen()
        daemon.settimeout(0.01)
        return daemon

    daemon = listen(free_address() if address.startswith("tcp") else path)
    where = daemon.getsockname()
    server = gcorn("-w", "1", "--log-syslog", "--log-syslog-to",
                   address % (where[1] if address.startswith("tcp") else path), "--access-logformat", "%(U)s", APP)
    received, connections = bytearray(), []

    def collect():
        try:
            connection, _ = daemon.accept()
            connection.settimeout(0.01)
            connections.append(connection)
        except socket.timeout:
            pass
        for connection in connections:
            try:
                received.extend(connection.recv(65536))
            except socket.timeout:
                pass
        return received

    server.get("/first")
    wait_until(lambda: b"/first" in collect(), "the first line")
    for connection in connections:
        connection.close()
    connections.clear()
    daemon.close()
    if not address.startswith("tcp"):
        os.unlink(path)
    for number in range(5):
        assert server.get(f"/away/{number}").status == 200
    daemon = listen(where)
    wait_until(lambda: server.get("/last").status == 200 and b"/last" in collect(), "the last line")
    end = b"\n" if address.startswith("tcp") else b"\0"
    for line in bytes(received).split(end)[:-1]:
        assert LINE.fullmatch(line.decode()), line
    for connection in connections:
        connection.close()
    daemon.close()


def test_a_syslog_daemon_that_is_away_or_never_reads_costs_no_request(gcorn, socket_folder):
    path = socket_folder + "/log"
    server = gcorn("-w", "1", "--log-syslog", "--log-syslog-to", f"unix://{path}#stream", APP)
    began = time.monotonic()
    with server.connect() as connection:
        for _ in range(2000):
            assert connection.get("/away").status == 200
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    daemon.bind(path)
    daemon.listen()
    with server.connect() as connection:
        for _ in range(2000):
            assert connection.get("/unread").status == 200
    assert time.monotonic() - began < 15
    assert server.log.count("cannot send to syslog") <= 6  # two logs in two processes, and once more when it filled up
    daemon.close()


def test_rsyslog_receives_both_logs(gcorn, tmp_path, socket_folder):
    rsyslogd = places.find_program("rsyslogd")
    if rsyslogd is None:
        pytest.skip("rsyslogd is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "rsyslog.conf"
    out = tmp_path / "messages"
    config.write_text(
        'module(load="imudp")\nmodule(load="imuxsock" SysSock.Use="off")\n'
        f'input(type="imudp" address="127.0.0.1" port="{port}")\ninput(type="imuxsock" Socket="{socket_folder}/log")\n'
        'template(name="t" type="string" string="%syslogfacility-text%|%syslogseverity-text%|%programname%|%msg%\\n")\n'
        f'*.* action(type="omfile" file="{out}" template="t")\n')
    daemon = Process([rsyslogd, "-n", "-f", config, "-i", tmp_path / "pid"])
    try:
        wait_until(lambda: os.path.exists(f"{socket_folder}/log"), "rsyslogd's socket")
        for address in (f"udp://127.0.0.1:{port}", f"unix://{socket_folder}/log"):
            server = gcorn("--log-syslog", "--log-syslog-to", address, "--log-syslog-facility", "daemon",
                           "--access-logformat", "%(U)s", APP)
            server.get("/over-" + address[:3])
        for name in ("udp", "uni"):
            wait_until(lambda: f"daemon|info|gunicorn.logged.app.access| [" in out.read_text()
                       and f"/over-{name}" in out.read_text(), f"a line over {name}")
        assert "daemon|info|gunicorn.logged.app.error| [" in out.read_text()
    finally:
        daemon.stop()


def test_statsd_receives_gunicorns_metrics(gcorn, udp):
    server = gcorn("-w", "2", "--statsd-host", f"127.0.0.1:{udp.port}", "--statsd-prefix", "shop", "--dogstatsd-tags", "a:b,c",
                   "--enable-backlog-metric", "--log-level", "critical", APP, bind=free_address())
    for path in ("/", "/?status=404+Not+Found", "/?status=nonsense"):
        server.get(path)
    with server.connect() as connection:
        connection.send(b"garbage\r\n\r\n")
        connection.response()
    udp.wait("gunicorn.backlog")
    for line in ("gunicorn.workers:2|g", "gunicorn.requests:1|c|@1.0", "gunicorn.request.status.200:1|c|@1.0",
                 "gunicorn.request.status.404:1|c|@1.0", "gunicorn.request.status.500:1|c|@1.0", "gunicorn.backlog:0|h",
                 "gunicorn.log.exception:1|c|@1.0", "gunicorn.log.warning:1|c|@1.0"):
        assert udp.wait(f"shop.{line}|#a:b,c")
    durations = [line for line in udp.collect() if "duration" in line]
    assert len(durations) == 3
    for line in durations:
        assert re.fullmatch(r"shop\.gunicorn\.request\.duration:\d+\.\d{3}\|ms\|#a:b,c", line)


def test_statsd_over_a_unix_socket(gcorn, socket_folder):
    receiver = Receiver(socket.AF_UNIX, socket_folder + "/statsd")
    server = gcorn("--statsd-host", f"unix://{socket_folder}/statsd", APP)
    server.get("/")
    assert receiver.wait("gunicorn.requests:1|c|@1.0")
    receiver.socket.close()


def test_a_statsd_that_is_away_costs_no_request(gcorn, socket_folder):
    server = gcorn("--statsd-host", f"unix://{socket_folder}/nobody", APP)
    with server.connect() as connection:
        for _ in range(100):
            assert connection.get("/").status == 200


def test_a_statsd_without_an_address_is_warned_of_and_looked_up_again_by_a_reload(gcorn, udp, tmp_path):
    config = tmp_path / "gcorn.yaml"
    config.write_text("statsd_host: no such host\n")
    server = gcorn("-c", config, APP)
    warning = 'no metrics are sent; a reload (HUP) tries again: statsd_host: cannot look up the host "no such host"'
    assert server.get("/").status == 200 and server.log.count(warning) == 1
    config.write_text(f"statsd_host: 127.0.0.1:{udp.port}\n")
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log("reloaded: ")
    server.get("/")
    assert udp.wait("gunicorn.requests:1|c|@1.0") and server.log.count(warning) == 1


def test_the_same_metrics_as_gunicorn(shared_gunicorn, gcorn, udp):
    pytest.importorskip("gunicorn")
    theirs = Receiver(socket.AF_INET, ("127.0.0.1", 0))
    names = []
    for start, receiver in ((shared_gunicorn, theirs), (gcorn, udp)):
        server = start("-w", "2", "--statsd-host", f"127.0.0.1:{receiver.port}", APP)
        for path in ("/", "/?status=404+Not+Found"):
            server.get(path)
        receiver.wait("gunicorn.request.status.404")
        receiver.wait("gunicorn.workers:2")
        names.append({re.sub(r"(duration:)[\d.]+", r"\1N", line) for line in receiver.collect()
                      if line and not line.startswith("gunicorn.log.")})
    theirs.socket.close()
    assert names[0] - {"gunicorn.workers:1|g"} == names[1] - {"gunicorn.workers:1|g"}


@pytest.mark.parametrize("args, message", [
    (("--log-syslog", "--log-syslog-to", "localhost"), "syslog_addr: "),
    (("--log-syslog", "--log-syslog-facility", "nobody"), "syslog_facility: "),
    (("--statsd-host", "localhost:x"), "statsd_host: "),
    (("--log-config", "none.ini"), "logconfig: "),
    (("--log-config-json", "none.json"), "logconfig_json: ")])
def test_what_stops_the_start_fails_the_check_alike(args, message):
    start, check = [subprocess.run([places.GCORN, *more, *args, APP], text=True, cwd=places.APPS, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, timeout=60) for more in ((), ("--check-config",))]
    assert start.returncode == check.returncode == 1
    assert start.stdout == check.stdout and f"gcorn: error: command line, {args[-2]}: {message}" in start.stdout


def test_a_request_has_one_id_everywhere(gcorn, tmp_path):
    access = tmp_path / "access.log"
    server = gcorn("-w", "1", "--request-id", "--forwarded-allow-ips", "127.0.0.1", "--access-logfile", access,
                   "--access-logformat", "%(request_id)s %({http_x_request_id}e)s", APP)
    made = server.get("/?status=nonsense")["X-Request-ID"]
    kept = server.get("/", [("X-Request-ID", "mine-1")])["X-Request-ID"]
    bad = server.get("/", [("X-Request-ID", "not \"valid\"")])["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", made) and re.fullmatch("[0-9a-f]{32}", bad) and kept == "mine-1"
    server.wait_log(rf"\[ERROR\] \[{made}\] Error handling request GET /")
    wait_until(lambda: len(access.read_text().split("\n")) == 4, "three lines")
    assert access.read_text() == f"{made} {made}\n{kept} {kept}\n{bad} {bad}\n"


def test_the_id_of_a_stranger_is_not_believed(gcorn):
    server = gcorn("--request-id", "--forwarded-allow-ips", "192.0.2.1", APP)
    assert re.fullmatch("[0-9a-f]{32}", server.get("/", [("X-Request-ID", "theirs")])["X-Request-ID"])


def test_without_the_setting_there_is_no_id(gcorn):
    assert gcorn(APP).get("/")["X-Request-ID"] is None
