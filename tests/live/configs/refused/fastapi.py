# SPDX-License-Identifier: MIT
# refused: worker_class: uvicorn.workers.UvicornWorker: not in this version: the asgi worker
import os

workers = max(int(float(os.getenv("WORKERS_PER_CORE", "1")) * (os.cpu_count() or 1)), 2)
worker_class = os.getenv("WORKER_CLASS", "uvicorn.workers.UvicornWorker")
bind = os.getenv("BIND") or f"{os.getenv('HOST', '0.0.0.0')}:{os.getenv('PORT', '80')}"
keepalive = int(os.getenv("KEEP_ALIVE", "5"))
worker_tmp_dir = "/dev/shm"
