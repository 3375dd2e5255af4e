# SPDX-License-Identifier: MIT
"""gunicorn.instrument.statsd: the class that sends metrics, for those who derive from it."""

import logging
import socket

from gunicorn.glogging import Logger

METRIC_VAR, VALUE_VAR, MTYPE_VAR = "metric", "value", "mtype"
GAUGE_TYPE, COUNTER_TYPE = "gauge", "counter"
HISTOGRAM_TYPE, TIMER_TYPE = "histogram", "timer"


class Statsd(Logger):
    """A logger that counts what it writes."""

    def __init__(self, cfg):
        super().__init__(cfg)
        prefix = cfg.statsd_prefix
        self.prefix = prefix.rstrip(".") + "." if len(prefix) > 1 else prefix
        self.dogstatsd_tags = cfg.dogstatsd_tags
        family = socket.AF_UNIX if isinstance(cfg.statsd_host, str) else socket.AF_INET
        try:
            self.sock = socket.socket(family, socket.SOCK_DGRAM)
            self.sock.connect(cfg.statsd_host)
        except Exception:
            self.sock = None

    def critical(self, msg, *args, **kwargs):
        super().critical(msg, *args, **kwargs)
        self.increment("gunicorn.log.critical", 1)

    def error(self, msg, *args, **kwargs):
        super().error(msg, *args, **kwargs)
        self.increment("gunicorn.log.error", 1)

    def warning(self, msg, *args, **kwargs):
        super().warning(msg, *args, **kwargs)
        self.increment("gunicorn.log.warning", 1)

    def exception(self, msg, *args, **kwargs):
        super().exception(msg, *args, **kwargs)
        self.increment("gunicorn.log.exception", 1)

    def _measure(self, extra):
        """Send the metric that an info() or a debug() brings along."""
        send = {
            GAUGE_TYPE: self.gauge,
            COUNTER_TYPE: self.increment,
            HISTOGRAM_TYPE: self.histogram,
            TIMER_TYPE: self.timer,
        }.get((extra or {}).get(MTYPE_VAR))
        if send and extra.get(METRIC_VAR) and extra.get(VALUE_VAR) is not None:
            send(extra[METRIC_VAR], extra[VALUE_VAR])

    def access(self, resp, req, environ, request_time):
        super().access(resp, req, environ, request_time)
        status = resp.status.decode() if isinstance(resp.status, bytes) else resp.status
        if isinstance(status, str):
            status = int(status.split(None, 1)[0])
        milliseconds = request_time.seconds * 1000 + request_time.microseconds / 1000.0
        self.timer("gunicorn.request.duration", milliseconds)
        self.increment("gunicorn.requests", 1)
        self.increment(f"gunicorn.request.status.{status:d}", 1)

    def gauge(self, name, value):
        self._sock_send(f"{self.prefix}{name}:{value}|g")

    def increment(self, name, value, sampling_rate=1.0):
        self._sock_send(f"{self.prefix}{name}:{value}|c|@{sampling_rate}")

    def decrement(self, name, value, sampling_rate=1.0):
        self._sock_send(f"{self.prefix}{name}:-{value}|c|@{sampling_rate}")

    def timer(self, name, value):
        self._sock_send(f"{self.prefix}{name}:{value}|ms")

    def histogram(self, name, value):
        self._sock_send(f"{self.prefix}{name}:{value}|h")

    def _sock_send(self, msg):
        if self.sock is None:
            return
        data = msg.encode("ascii") if isinstance(msg, str) else msg
        if self.dogstatsd_tags:
            data += b"|#" + self.dogstatsd_tags.encode("ascii")
        try:
            self.sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass  # the daemon is slow: metrics are not worth a wait
        except OSError:
            Logger.log(self, logging.WARNING, "a metric could not be sent to statsd", exc_info=True)
