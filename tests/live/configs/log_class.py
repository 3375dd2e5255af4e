# SPDX-License-Identifier: MIT
# The recipe that is everywhere: no access lines for health checks, and a format of one's own.
import logging

from gunicorn import glogging


class HealthCheckFilter(logging.Filter):
    def filter(self, record):
        return "/health" not in record.getMessage()


class CustomLogger(glogging.Logger):
    def setup(self, cfg):
        super().setup(cfg)
        self.access_log.addFilter(HealthCheckFilter())
        self._set_handler(self.error_log, cfg.errorlog, logging.Formatter("custom %(levelname)s %(message)s"))

    def access(self, resp, req, environ, request_time):
        if req.path != "/silent":
            super().access(resp, req, environ, request_time)


logger_class = CustomLogger
accesslog = "-"
errorlog = "-"
access_log_format = '%(m)s %(U)s %(s)s %(B)d "%({user-agent}i)s" "%({X-App}o)s" "%({wsgi.url_scheme}e)s"'
workers = 1


def on_starting(server):
    assert isinstance(server.log, glogging.Logger)
    server.log.warning("starting with %s", type(server.log).__name__)
