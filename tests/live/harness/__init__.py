# SPDX-License-Identifier: MIT
"""What the tests of the whole server stand on: servers, clients and proxies that they start."""
