# SPDX-License-Identifier: MIT
# In the manner of dashboards in containers: everything from the environment, with defaults.
import os


def env(name, default, of=str):
    return of(os.environ.get("SERVER_" + name, default))


bind = f"{env('BIND_ADDRESS', '0.0.0.0')}:{env('PORT', '8088')}"
workers = env("WORKER_AMOUNT", 2, int)
worker_class = env("WORKER_CLASS", "gthread")
threads = env("THREADS_AMOUNT", 20, int)
timeout = env("TIMEOUT", 60, int)
keepalive = env("KEEPALIVE", 2, int)
max_requests = env("MAX_REQUESTS", 0, int)
max_requests_jitter = env("MAX_REQUESTS_JITTER", 0, int)
limit_request_line = env("LIMIT_REQUEST_LINE", 0, int)
limit_request_field_size = env("LIMIT_REQUEST_FIELD_SIZE", 0, int)
accesslog = env("ACCESS_LOG_FILE", "-")
access_log_format = os.environ.get("SERVER_ACCESS_LOG_FORMAT") or None
errorlog = env("ERROR_LOG_FILE", "-")
loglevel = env("LOGLEVEL", "info").lower()
raw_env = (f"{name[4:]}={value}" for name, value in os.environ.items() if name.startswith("APP_"))
