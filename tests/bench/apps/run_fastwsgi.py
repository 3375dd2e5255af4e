# SPDX-License-Identifier: MIT
"""fastwsgi in this process, one worker: run_fastwsgi.py PORT MODULE:APP"""
import importlib
import sys

import fastwsgi

module, name = sys.argv[2].split(":")
fastwsgi.run(wsgi_app=getattr(importlib.import_module(module), name), host="127.0.0.1", port=int(sys.argv[1]))
