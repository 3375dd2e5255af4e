/* SPDX-License-Identifier: MIT */
/*
 * The PROXY protocol: what a proxy in front says, before the first request, about the connection
 * that it passes on. Versions 1 (a line of text) and 2 (binary), as in HAProxy's
 * proxy-protocol.txt.
 */
#ifndef GCORN_HTTP_PROXYPROTO_H
#define GCORN_HTTP_PROXYPROTO_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>
#include <gcorn/http/limits.h>
#include <gcorn/http/refusal.h>
#include <gcorn/http/request.h>

enum {
    GCN_PROXY_MAX_BYTES = 16 + 4096, /* no header is longer: version 2 with generous extensions */
};

enum gcn_proxy_state {
    GCN_PROXY_MORE, /* more bytes are needed to tell */
    GCN_PROXY_NONE, /* the connection begins with something else: HTTP */
    GCN_PROXY_DONE, /* the header is read; the first request begins behind it */
};

/* Lifetime: connection. */
struct gcn_proxy_header {
    enum gcn_proxy_state state;
    size_t used;          /* DONE: its length */
    const char *protocol; /* DONE: "TCP4", "TCP6", "UNKNOWN", "LOCAL" or "UNSPEC"; static */
    bool has_addresses;   /* DONE with TCP4 or TCP6; otherwise the socket's own peer counts */
    struct gcn_endpoint source;      /* the client: REMOTE_ADDR, REMOTE_PORT */
    struct gcn_endpoint destination; /* what it connected to: PROXY_ADDR, PROXY_PORT */
};

/*
 * Look for a header at the beginning of a connection's input, which grows from call to call. A
 * header is optional. `allowed`: the peer is in proxy_allow_ips; from another one a header is
 * refused as soon as it is recognised. The verdict does not depend on how the bytes were cut. Pure.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_proxy_parse(struct gcn_slice input,
                                                enum gcn_proxy_protocol mode, bool allowed,
                                                struct gcn_proxy_header *out);

#endif
