# SPDX-License-Identifier: MIT
import multiprocessing

bind = "127.0.0.1:8000"
workers = multiprocessing.cpu_count() * 2 + 1
timeout = 2
threads = 2 * multiprocessing.cpu_count()
