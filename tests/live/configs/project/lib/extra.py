# SPDX-License-Identifier: MIT
"""On a path that a config file adds."""
