# SPDX-License-Identifier: MIT
# Every line as JSON, for a collector of logs.
import json
import logging


class JsonFormatter(logging.Formatter):
    def format(self, record):
        entry = {"logger": record.name, "level": record.levelname, "message": record.getMessage()}
        if record.name == "gunicorn.access":
            entry.update(status=record.args["s"], method=record.args["m"], path=record.args["U"],
                         agent=record.args["{User-Agent}i"], micros=record.args["D"], gone=record.args["{x-none}o"])
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter}},
    "handlers": {
        "out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"},
        "err": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"},
    },
    "root": {"level": "INFO", "handlers": ["out"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["err"], "propagate": False},
        "gunicorn.access": {"level": "INFO", "handlers": ["out"], "propagate": False},
    },
}
workers = 1


def post_fork(server, worker):
    server.log.info("forked")
    worker.log.warning("with %s", "arguments")
