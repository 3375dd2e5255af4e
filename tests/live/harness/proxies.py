# SPDX-License-Identifier: MIT
"""nginx and haproxy in front of a server, each in the foreground in a process group of its own."""
import socket

from .addresses import free_address
from .places import find_program
from .process import Process, wait_until

NGINX = find_program("nginx")
HAPROXY = find_program("haproxy")

NGINX_CONF = """
daemon off; master_process on; worker_processes 1; user root;
pid {folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_max_body_size 64m;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream app {{ server {upstream}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Via the-proxy;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_request_buffering off;
            proxy_buffering off;
        }}
    }}
}}
"""

HAPROXY_CONF = """
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:{port}
    default_backend app
backend app
    http-reuse always
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Via the-proxy
    server app {upstream}
"""


class Proxy(Process):
    """Accepting connections as soon as the constructor returns."""

    def __init__(self, name, server, folder):
        self.address = free_address()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        tcp = isinstance(server.address, tuple)
        if name == "nginx":
            upstream = "%s:%d" % server.address if tcp else f"unix:{server.address}"
            template, argv = NGINX_CONF, [NGINX, "-e", "stderr", "-p", folder, "-c"]
        else:
            upstream = "%s:%d" % server.address if tcp else f"unix@{server.address}"
            template, argv = HAPROXY_CONF, [HAPROXY, "-db", "-f"]
        conf = folder / f"{name}.conf"
        conf.write_text(template.format(folder=folder, port=self.address[1], upstream=upstream))
        super().__init__([*argv, conf])
        wait_until(self.is_accepting, f"{name} accepts: {self.log}", 20)

    def is_accepting(self):
        assert self.popen.poll() is None, self.log
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0
