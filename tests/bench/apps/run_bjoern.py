# SPDX-License-Identifier: MIT
"""bjoern has no command: run_bjoern.py PORT MODULE:APP"""
import importlib
import sys

import bjoern

module, name = sys.argv[2].split(":")
bjoern.run(getattr(importlib.import_module(module), name), "127.0.0.1", int(sys.argv[1]))
