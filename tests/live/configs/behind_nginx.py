# SPDX-License-Identifier: MIT
forwarded_allow_ips = "*"
proxy_allow_ips = "127.0.0.1,10.0.0.0/8"
secure_scheme_headers = {
    "X-FORWARDED-PROTOCOL": "ssl",
    "X-FORWARDED-PROTO": "https",
    "X-FORWARDED-SSL": "on",
}
proxy_protocol = False
workers = 1
