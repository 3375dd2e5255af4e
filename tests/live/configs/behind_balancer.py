# SPDX-License-Identifier: MIT
# The balancer keeps connections for 60 seconds, so that we keep them longer; it says HTTPS in a field of its own.
keepalive = 75
forwarded_allow_ips = "127.0.0.1, ::1"
secure_scheme_headers = {"X-SCHEME": "https"}
forwarder_headers = "SCRIPT_NAME,PATH_INFO,REMOTE_USER"
header_map = "drop"
workers = 1
access_log_format = '%({x-forwarded-for}i)s %(l)s %(m)s %(U)s %(q)s %(s)s "%({user-agent}i)s" %({x-scheme}i)s'
accesslog = "-"
