# SPDX-License-Identifier: MIT
"""Stands in for the agent: writes down that it was called."""
import os

import recorder


def initialize(path, environment):
    recorder.write("initialize", file=os.path.basename(path), environment=environment)


def register_application(timeout):
    recorder.write("register_application", timeout=timeout)


def shutdown_agent(timeout):
    recorder.write("shutdown_agent", timeout=timeout)
