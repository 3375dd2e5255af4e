/* SPDX-License-Identifier: MIT */
/*
 * Which peers are believed when they speak for others: forwarded_allow_ips for the fields of a
 * request, proxy_allow_ips for the PROXY header. Asked once a connection.
 */
#ifndef GCORN_HTTP_TRUST_H
#define GCORN_HTTP_TRUST_H

#include <stdbool.h>
#include <sys/socket.h>

#include <gcorn/net/addr.h>

/*
 * True if the sender at `peer` is in one of `networks`, or is no Internet address: who may connect
 * to a unix socket is a matter of file permissions. ::ffff:a.b.c.d, which is how a dual-stack
 * listener sees IPv4 peers, counts as a.b.c.d, too. Pure.
 */
bool gcn_trust_has(const struct gcn_networks *networks, const struct sockaddr *peer);

#endif
