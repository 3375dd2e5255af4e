# SPDX-License-Identifier: MIT
"""Stands in for the client: writes down that it was called."""
import recorder

_provider = None


def set_tracer_provider(provider):
    global _provider
    _provider = provider
    recorder.write("set_tracer_provider", attributes=provider.resource)


def get_tracer_provider():
    return _provider
