# SPDX-License-Identifier: MIT
class WsgiIntegration:
    pass
