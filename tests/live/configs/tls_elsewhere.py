# SPDX-License-Identifier: MIT
# The same file for all hosts; TLS only where there is a certificate.
import os
import ssl

certfile = os.environ.get("TLS_CERT")
keyfile = os.environ.get("TLS_KEY")
ca_certs = os.environ.get("TLS_CA", "/etc/ssl/certs/ca-certificates.crt")
cert_reqs = ssl.CERT_OPTIONAL
ciphers = "ECDHE+AESGCM"
do_handshake_on_connect = True
control_socket_disable = True


def ssl_context(config, default_ssl_context_factory):
    context = default_ssl_context_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
