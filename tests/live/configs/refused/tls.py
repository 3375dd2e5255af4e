# SPDX-License-Identifier: MIT
# refused: certfile: /etc/ssl/shop.pem: not in this version: TLS
# refused: keyfile: /etc/ssl/shop.key: not in this version: TLS
bind = "0.0.0.0:443"
certfile = "/etc/ssl/shop.pem"
keyfile = "/etc/ssl/shop.key"
ciphers = "TLSv1"
