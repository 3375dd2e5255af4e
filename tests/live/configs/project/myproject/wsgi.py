# SPDX-License-Identifier: MIT
from answer import application  # noqa: F401
