/* SPDX-License-Identifier: MIT */
/*
 * The syntax of Host and of a target's authority: uri-host [ ":" port ], without user information.
 */
#include "policy.h"

#include <gcorn/base/parse.h>
#include <gcorn/net/addr.h>

#include "bytes.h"

static bool is_port(struct gcn_slice text)
{
    int64_t port;
    return text.len == 0 || (gcn_parse_digits(text, &port) && port <= UINT16_MAX);
}

/* RFC 3986 §3.2.2 reg-name, which an IPv4 address is too. Escapes must be whole. */
static bool is_name(struct gcn_slice text)
{
    if (!gcn_bytes_are(text, GCN_BYTE_HOST)) {
        return false;
    }
    for (size_t i = gcn_slice_index(text, '%'); i < text.len; i++) {
        if (text.ptr[i] == '%' &&
            (text.len - i < 3 || !gcn_byte_is(text.ptr[i + 1], GCN_BYTE_HEX) ||
             !gcn_byte_is(text.ptr[i + 2], GCN_BYTE_HEX))) {
            return false;
        }
    }
    return true;
}

/* `text` begins behind the opening bracket. Zones and IPvFuture are refused. */
static bool is_literal(struct gcn_slice text)
{
    struct gcn_slice address, rest;
    struct gcn_ip ip;

    if (!gcn_slice_cut(text, ']', &address, &rest) || !gcn_ip_parse(address, &ip) || ip.len != 16) {
        return false;
    }
    return rest.len == 0 || (gcn_slice_skip(&rest, ":") && is_port(rest));
}

bool gcn_authority_is_valid(struct gcn_slice text)
{
    struct gcn_slice host, port;

    if (gcn_slice_skip(&text, "[")) {
        return is_literal(text);
    }
    gcn_slice_cut(text, ':', &host, &port);
    return is_name(host) && is_port(port);
}
