# SPDX-License-Identifier: MIT
"""The error log and the access log: what is written, where, and that nothing that happens to a log ever
happens to a request."""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from harness import places
from harness.addresses import free_address
from harness.logs import read, wait_lines
from harness.process import Process, wait_until
from harness.server import environment
from harness.wire import Connection, request_bytes

APP = "logged:app"
ERROR_LINE = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\] ")


@pytest.fixture
def logs(tmp_path):
    """A folder with access.log and error.log to be."""
    class Logs:
        folder = tmp_path
        access = tmp_path / "access.log"
        error = tmp_path / "error.log"
    return Logs


def with_access(gcorn, logs, *args, app=(APP,), **options):
    return gcorn("--access-logfile", logs.access, *args, *app, **options)


def test_without_accesslog_there_is_none(gcorn):
    server = gcorn(APP)
    assert server.get("/").status == 200
    server.stop()
    assert "GET /" not in server.log


def test_a_dash_is_standard_output(gcorn):
    server = gcorn("--access-logfile", "-", APP)
    server.get("/somewhere")
    server.wait_log(r'^127\.0\.0\.1 - - \[.*\] "GET /somewhere HTTP/1\.1" 200 2 "-" "-"$')


def test_the_default_format_is_gunicorns(gcorn, logs):
    server = with_access(gcorn, logs)
    server.get("/a%20b?c=d", [("Referer", "http://r/"), ("User-Agent", "agent"),
                              ("Authorization", "Basic YWxpY2U6c2VjcmV0")])
    line, = wait_lines(logs.access, 1)
    assert re.fullmatch(r'127\.0\.0\.1 - alice \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] '
                        r'"GET /a%20b\?c=d HTTP/1\.1" 200 2 "http://r/" "agent"', line), line


def test_fields_of_the_app_are_written(gcorn, logs):
    server = with_access(gcorn, logs, "--access-logformat", '%({x-app}o)s|%({Content-Type}o)s|%({server}o)s|%(b)s')
    server.get("/?size=1000")
    assert wait_lines(logs.access, 1) == [r"two \"2\"|text/plain|-|1000"]


def test_a_wrong_format_stops_the_start():
    ended = subprocess.run([places.GCORN, "--access-logfile", "-", "--access-logformat", "%(h)d", APP], text=True,
                           env=environment(), cwd=places.APPS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=60)
    assert ended.returncode == 1
    assert 'conversion %d of "h", which is text (write %(h)s)' in ended.stdout


@pytest.mark.parametrize("setting, path", [("--access-logfile", "access.log"), ("--error-logfile", "error.log")])
def test_a_log_that_cannot_be_opened_stops_the_start(setting, path, tmp_path):
    missing = tmp_path / "nowhere" / path
    ended = subprocess.run([places.GCORN, setting, missing, APP], text=True, env=environment(), cwd=places.APPS,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert ended.returncode == 1
    assert f'cannot open the log "{missing}": No such file or directory' in ended.stdout


def test_a_hook_that_stops_the_start_is_told_in_the_error_log(logs):
    (logs.folder / "conf.py").write_text("def on_starting(server):\n    raise ValueError('no')\n")
    words = [places.GCORN, "-c", logs.folder / "conf.py", "--error-logfile", logs.error, "-b", "127.0.0.1:0", APP]
    ended = subprocess.run(words, text=True, env=environment(), cwd=places.APPS, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "ValueError: no" in logs.error.read_text()
    (logs.folder / "gcorn.yaml").write_text("on_starting: nowhere:function\n")
    words[2] = logs.folder / "gcorn.yaml"
    ended = subprocess.run(words, text=True, env=environment(), cwd=places.APPS, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "nowhere" in logs.error.read_text()


HOSTILE = ['"', "\\", "x\"y\\", "a\tb", "caf\xc3\xa9", "\xff\xfe", "\xe2\x80\xa8", "\xc2\x85", "{}[],:", "%(h)s", "\xf0\x9f\x98\x80",
           "-", "=", " a  b ", "\\u0000", "null", "x" * 4000]


def test_json_lines_are_read_back_whatever_a_client_sends(gcorn, logs):
    server = with_access(gcorn, logs, "--access-logformat", "json")
    for text in HOSTILE:
        server.get("/p", [("User-Agent", text), ("Referer", text)])
    members = {"time", "remote_addr", "user", "method", "host", "path", "query", "protocol", "status", "bytes",
               "duration", "queue_time", "referer", "user_agent", "request_id", "refusal", "complete", "worker"}
    for text, line in zip(HOSTILE, wait_lines(logs.access, len(HOSTILE))):
        entry = json.loads(line)
        wanted = text.strip(" \t").encode("latin-1").decode("utf-8", "backslashreplace")
        assert entry["user_agent"] == entry["referer"] == wanted
        assert set(entry) == members
        assert (entry["status"], entry["path"], entry["complete"]) == (200, "/p", True)
        assert 0 <= entry["duration"] < 10 and 0 <= entry["queue_time"] < 10


def logfmt(line):
    """A line of logfmt as a dictionary."""
    found = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^" =]+)(?: |\Z)', line)
    assert " ".join(f"{key}={value}" for key, value in found) == line
    return {key: json.loads(value) if value.startswith('"') else value for key, value in found}


def test_logfmt_lines_are_read_back_whatever_a_client_sends(gcorn, logs):
    server = with_access(gcorn, logs, "--access-logformat", "logfmt")
    for text in HOSTILE:
        server.get("/p", [("User-Agent", text)])
    for text, line in zip(HOSTILE, wait_lines(logs.access, len(HOSTILE))):
        assert logfmt(line)["user_agent"] == text.strip(" \t").encode("latin-1").decode("utf-8", "backslashreplace")


COMBINED = re.compile(r'(\S+) - (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"')


def test_combined_lines_keep_their_fields_whatever_a_client_sends(gcorn, logs):
    server = with_access(gcorn, logs, "--access-logformat", "combined")
    for text in HOSTILE:
        server.get("/p", [("User-Agent", text), ("Referer", text), ("Authorization", "Basic eCB5Onoi")])
    for line in wait_lines(logs.access, len(HOSTILE)):
        match = COMBINED.fullmatch(line)
        assert match, line
        assert match.group(2) == "x\\x20y" and match.group(4) == "GET /p HTTP/1.1"


def test_goaccess_reads_the_combined_log(gcorn, logs):
    goaccess = places.find_program("goaccess")
    if goaccess is None:
        pytest.skip("goaccess is not installed")
    server = with_access(gcorn, logs, "--access-logformat", "combined")
    for number in range(20):
        server.get(f"/page/{number % 4}?size={number}", [("User-Agent", "Mozilla/5.0 \"quoted\"")])
    wait_lines(logs.access, 20)
    report = logs.folder / "report.json"
    subprocess.run([goaccess, logs.access, "--log-format=COMBINED", "--no-global-config", "-o", report], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    general = json.loads(report.read_text())["general"]
    assert (general["valid_requests"], general["failed_requests"]) == (20, 0)


def test_only_what_the_rules_name_is_written(gcorn, logs):
    server = with_access(gcorn, logs, "--access-log-slow", "1", "--access-log-status", "404,5xx",
                         "--access-logformat", "%(U)s")
    server.get("/plain")
    server.get("/missing?status=404+Not+Found")
    server.get("/forbidden?status=403+Forbidden")
    server.get("/broken?status=503+Busy")
    server.get("/slow?sleep=1.05")
    assert wait_lines(logs.access, 3) == ["/missing", "/broken", "/slow"]


@pytest.mark.parametrize("sent, status, code", [
    (b"GARBAGE\r\n\r\n", 400, "GCN-"), (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "GCN-"),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "GCN-")])
def test_refused_requests_are_written_with_their_code(gcorn, logs, sent, status, code):
    server = with_access(gcorn, logs, "--access-logformat", "json")
    with server.connect() as connection:
        connection.send(sent)
        assert connection.response().status == status
    line, = wait_lines(logs.access, 1)
    entry = json.loads(line)
    assert entry["status"] == status and entry["refusal"].startswith(code)
    assert entry["method"] is None and entry["bytes"] > 0


def test_a_refused_request_line_is_shown_escaped(gcorn, logs):
    server = with_access(gcorn, logs)
    with server.connect() as connection:
        connection.send(b"\x16\x03\x01 \"x\r\n\r\n")
        connection.response()
    line, = wait_lines(logs.access, 1)
    assert r'"\u0016\u0003\u0001 \"x" 400 ' in line


def test_the_bytes_of_a_refused_request_stay_in_one_line(gcorn):
    server = gcorn("probe:app")
    with server.connect() as connection:
        connection.send(b"GET / HTTP/1.1\n[2026] [1] [ERROR] forged\0\x7f\"\\\n\n")
        assert connection.response().status == 400
    wait_until(lambda: "GCN-H006" in server.log, "the refusal is logged")
    line, = (line for line in server.log.splitlines() if "forged" in line)
    assert r'"GET / HTTP/1.1\x0a[2026] [1] [ERROR] forged\x00\x7f\"\\\x0a\x0a"' in line


def test_of_many_refusals_some_are_written_and_the_others_counted(gcorn):
    server = gcorn("probe:app")
    for _ in range(60):
        assert server.request("GET", "/", [("Bad Name", "b")]).status == 400
    counted = re.compile(r"(\d+) more requests were refused and not logged")
    written = wait_until(lambda: server.log.count("GCN-H010") + sum(map(int, counted.findall(server.log))) == 60
                         and server.log.count("GCN-H010"), "none is forgotten")
    assert written < 60


def test_a_refusal_names_the_client_behind_a_proxy(gcorn, logs):
    server = with_access(gcorn, logs, "--access-logformat", "%(h)s", "--proxy-protocol", "v1")
    with server.connect() as connection:
        connection.send(b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nGARBAGE\r\n\r\n")
        assert connection.response().status == 400
    assert wait_lines(logs.access, 1) == ["192.0.2.7"]
    server.wait_log(r"GCN-H001 .* \(400 to 192\.0\.2\.7\)")


def test_a_client_that_left_is_told_from_one_that_stayed(gcorn, logs):
    server = with_access(gcorn, logs, "--access-logformat", "%(complete)s %(s)s")
    with server.connect() as connection:
        connection.request("GET", "/?sleep=0.3&size=3000000")
        connection.reset()
    assert wait_lines(logs.access, 1) == ["false 200"]


@pytest.mark.parametrize("args", [("-w", "1"), ("-w", "1", "--threads", "2")])
def test_queue_time_is_what_a_request_waited_for_the_app(gcorn, logs, args):
    server = with_access(gcorn, logs, *args, "--access-logformat", "%(U)s %(queue_time)s %(L)s")
    busy = [server.connect() for _ in range(2 if "--threads" in args else 1)]
    for connection in busy:
        connection.request("GET", "/busy?sleep=0.6")
    with server.connect() as first:
        first.request("GET", "/waited")
        first.response()
    for connection in busy:
        connection.response()
        connection.close()
    lines = wait_lines(logs.access, len(busy) + 1)
    path, queue, duration = next(line.split() for line in lines if line.startswith("/waited"))
    assert 0.2 < float(queue) < 3 and float(duration) < 0.3, lines


def test_lines_of_a_killed_worker_are_written(gcorn, logs):
    """Two requests are taken in one turn of the loop; the second kills the worker, and the line of the first,
    which was answered, was not written yet."""
    server = with_access(gcorn, logs, "-w", "1", "--access-logformat", "%(U)s")
    connections = [server.connect() for _ in range(3)]
    for connection in reversed(connections):  # so that the first one's next request cannot be met last
        connection.get("/warm")
    connections[0].request("GET", "/busy?sleep=0.5")
    connections[1].request("GET", "/answered")
    connections[2].request("GET", "/death?die=1")
    assert connections[1].response().status == 200
    server.wait_log("was sent SIGKILL|SIGKILL|killed")
    wait_until(lambda: "/answered" in read(logs.access), "the line of the killed worker")
    assert read(logs.access) == ["/warm"] * 3 + ["/busy", "/answered"]
    for connection in connections:
        connection.close()


def test_a_rotation_under_load_loses_and_doubles_nothing(gcorn, logs):
    server = with_access(gcorn, logs, "-w", "2", "--access-logformat", "%(q)s")
    sent, stop = [], threading.Event()

    def load(client):
        with server.connect() as connection:
            number = 0
            while not stop.is_set():
                query = f"id={client}.{number}"
                assert connection.get("/?" + query).status == 200
                sent.append(query)
                number += 1

    threads = [threading.Thread(target=load, args=(client,)) for client in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(6):
        wait_until(lambda: len(read(logs.access)) > 50, "lines")
        rotate(server, logs, turn)
        wait_until(logs.access.exists, "the new file")
    stop.set()
    for thread in threads:
        thread.join()
    server.stop()
    lines = [line for path in logs.folder.glob("access.log*") for line in read(path)]
    assert sorted(lines) == sorted(sent)


def rotate(server, logs, turn):
    """By logrotate every other time, if it is installed."""
    logrotate = places.find_program("logrotate") if turn % 2 else None
    if logrotate is None:
        logs.access.rename(logs.folder / f"access.log.renamed{turn}")
        os.kill(server.pid, signal.SIGUSR1)
        return
    config = logs.folder / "rotate.conf"
    config.write_text(f"{logs.access} {{\n    rotate 9\n    nocreate\n"
                      f"    postrotate\n        kill -USR1 {server.pid}\n    endscript\n}}\n")
    config.chmod(0o600)
    subprocess.run([logrotate, "-f", "-s", logs.folder / "state", config], check=True, timeout=60)


def test_a_worker_that_boots_during_a_rotation_takes_part_in_it(gcorn, logs):
    (logs.folder / "slow_boot.py").write_text(SLOW_BOOT)
    server = with_access(gcorn, logs, "--chdir", logs.folder, "slow_boot:app", app=())
    wait_until((logs.folder / "loading").exists, "the app is being loaded")
    logs.access.rename(logs.folder / "access.log.1")
    os.kill(server.pid, signal.SIGUSR1)
    wait_until(logs.access.exists, "the new file")
    (logs.folder / "go").touch()
    assert server.get("/").status == 200
    assert len(wait_lines(logs.access, 1)) == 1


SLOW_BOOT = """
import os
import time
open("loading", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""


def test_logrotate_rotates_both_logs(gcorn, logs):
    logrotate = places.find_program("logrotate")
    if logrotate is None:
        pytest.skip("logrotate is not installed")
    server = with_access(gcorn, logs, "--error-logfile", logs.error, bind=free_address())
    server.get("/before")
    wait_lines(logs.access, 1)
    config = logs.folder / "rotate.conf"
    config.write_text(f"{logs.access} {logs.error} {{\n    rotate 3\n    nocreate\n    sharedscripts\n"
                      f"    postrotate\n        kill -USR1 {server.pid}\n    endscript\n}}\n")
    config.chmod(0o600)
    subprocess.run([logrotate, "-f", "-s", logs.folder / "state", config], check=True, timeout=60)
    wait_until(lambda: logs.access.exists() and logs.error.exists(), "new files")
    wait_until(lambda: server.get("/after").status == 200 and read(logs.access), "a line of a worker that has it")
    assert "/after" in read(logs.access)[0]
    assert "/before" in read(logs.folder / "access.log.1")[0]


def test_captured_output_goes_to_the_error_log_and_follows_it(gcorn, logs):
    server = gcorn("--error-logfile", logs.error, "--capture-output", APP, bind=free_address())
    server.get("/?print=first")
    logs.error.rename(logs.folder / "error.log.1")
    os.kill(server.pid, signal.SIGUSR1)
    wait_until(logs.error.exists, "the new file")
    wait_until(lambda: server.get("/?print=second") and "second" in read(logs.error), "captured output")
    assert read(logs.folder / "error.log.1").count("first") == 2
    assert "first" not in server.log and "second" not in server.log


def test_every_line_of_the_error_log_has_gunicorns_layout(gcorn, logs):
    server = gcorn("--error-logfile", logs.error, "--log-level", "debug", APP, bind=free_address())
    server.get("/")
    server.stop()
    lines = read(logs.error)
    assert len(lines) > 4
    for line in lines:
        assert ERROR_LINE.match(line), line


def test_a_full_disk_is_told_once_and_costs_no_request(gcorn, logs):
    os.symlink("/dev/full", logs.access)
    server = with_access(gcorn, logs, "-w", "1")
    for _ in range(20):
        assert server.get("/").status == 200
    server.stop()
    notices = re.findall(r"cannot write to the access log .*", server.log)
    assert len(notices) == 1, server.log
    assert str(logs.access) in notices[0] and "No space left on device" in notices[0]


def test_a_limit_of_the_file_size_costs_lines_and_not_the_server(tmp_path):
    """The file is as large as a file may be: every line of the arbiter is one too many."""
    address, log, limit = free_address(), tmp_path / "error.log", 1 << 20
    log.touch()
    os.truncate(log, limit)
    limited = ("import os, resource, signal, sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
               f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)\nos.execv(sys.argv[1], sys.argv[1:])\n")
    server = Process([sys.executable, "-c", limited, places.GCORN, "-b", "%s:%d" % address, "--error-logfile", log, APP],
                     env=environment(), cwd=places.APPS)
    try:
        wait_until(lambda: answers(address), "an answer", 30)
        assert server.log.count("cannot write to the error log") >= 1 and "File too large" in server.log
    finally:
        code = server.stop()
    assert code == 0 and log.stat().st_size == limit


def test_a_removed_directory_is_told_once_and_logging_resumes_with_it(gcorn, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "access.log"
    server = gcorn("-w", "1", "--access-logfile", path, "--access-logformat", "%(U)s", APP)
    server.get("/one")
    wait_lines(path, 1)
    path.unlink()
    folder.rmdir()
    wait_until(lambda: server.get("/two").status == 200 and "cannot write to the access log" in server.log, "the notice")
    server.get("/three")
    folder.mkdir()
    wait_until(lambda: server.get("/four").status == 200 and read(path), "the log again")
    server.wait_log(r"\d+ lines of the access log .* were lost")
    assert set(read(path)) == {"/four"}
    assert server.log.count("cannot write to the access log") == 1


def test_a_closed_standard_error_and_output_cost_no_request():
    address = free_address()
    read_end, write_end = os.pipe()
    popen = subprocess.Popen([places.GCORN, "-b", "%s:%d" % address, "--access-logfile", "-", APP], cwd=places.APPS,
                             env=environment(), stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end)
    try:
        os.close(write_end)
        os.close(read_end)
        for _ in range(20):
            wait_until(lambda: answers(address), "an answer", 30)
    finally:
        popen.terminate()
        code = popen.wait(30)
    assert code == 0


def answers(address):
    try:
        with Connection(address) as connection:
            return connection.get("/").status == 200
    except OSError:
        return False


def test_a_reader_that_does_not_read_costs_no_request():
    """Standard output is a pipe that is full: lines are lost, requests are not."""
    address = free_address()
    read_end, write_end = os.pipe()
    popen = subprocess.Popen([places.GCORN, "-b", "%s:%d" % address, "-w", "1", "--access-logfile", "-", APP],
                             cwd=places.APPS, env=environment(), stdin=subprocess.DEVNULL, stdout=write_end,
                             stderr=subprocess.DEVNULL)
    try:
        os.close(write_end)
        wait_until(lambda: answers(address), "an answer", 30)
        long = [("User-Agent", "x" * 4000)]
        with Connection(address) as connection:
            for _ in range(100):
                assert connection.get("/", long).status == 200
        text = os.read(read_end, 1 << 20).decode()
        assert text.count("\n") < 100 and all(line.endswith('"') for line in text.split("\n")[:-1])
        with Connection(address) as connection:
            assert connection.get("/again").status == 200
    finally:
        popen.terminate()
        popen.wait(30)
        os.close(read_end)


@pytest.mark.parametrize("sleep", ["0", "0.1"])
@pytest.mark.parametrize("args", [("-w", "1"), ("-w", "1", "--threads", "3")])
def test_a_line_does_not_wait_for_the_next_request(gcorn, logs, args, sleep):
    """Neither after quick calls nor after slow ones, on a connection that stays open."""
    server = with_access(gcorn, logs, *args, "--access-logformat", "%(s)s")
    times = []
    with server.connect() as connection:
        for number in range(1, 6):
            connection.get(f"/?sleep={sleep}")
            began = time.monotonic()
            wait_lines(logs.access, number)
            times.append(time.monotonic() - began)
    assert min(times) < 0.1, times  # one that the machine has not disturbed


def test_lines_of_many_requests_are_written_together(gcorn, logs):
    server = with_access(gcorn, logs, "-w", "1", "--access-logformat", "%(s)s")
    worker, = server.wait_workers(1)
    with server.connect() as connection:
        connection.get("/")
        before, began = writes_of(worker), time.monotonic()
        for _ in range(300):
            connection.get("/")
        took = time.monotonic() - began
    assert 1 <= writes_of(worker) - before <= took / 0.010 + 2
    server.stop()
    assert read(logs.access) == ["200"] * 301


def writes_of(pid):
    """How often the process has called write and its kin; sending on a socket is not among them."""
    with open(f"/proc/{pid}/io") as file:
        return int(re.search(r"syscw: (\d+)", file.read()).group(1))


@pytest.mark.parametrize("args", [("-w", "1"), ("-w", "1", "--threads", "3")])
def test_every_request_has_one_line(gcorn, logs, args):
    server = with_access(gcorn, logs, *args, "--access-logformat", "%(q)s %(s)s")
    wanted = []
    with server.connect() as connection:
        for number in range(50):
            connection.get(f"/?n={number}")
            wanted.append(f"n={number} 200")
        connection.send(b"".join(request_bytes("GET", f"/?p={number}") for number in range(50)))
        for number in range(50):
            connection.response()
            wanted.append(f"p={number} 200")
    server.stop()
    assert sorted(read(logs.access)) == sorted(wanted)
