/* SPDX-License-Identifier: MIT */
/*
 * PROXY headers: bounded, decided at the same byte wherever the input is cut, and never read from a
 * peer that may not send one.
 */
#include "fuzz.h"

#include <gcorn/base/die.h>
#include <gcorn/http/proxyproto.h>
#include <gcorn/net/addr.h>

static void check_endpoint(const struct gcn_endpoint *endpoint)
{
    struct gcn_ip ip;

    GCN_ASSERT(gcn_ip_parse(gcn_slice_of(endpoint->host), &ip));
    GCN_ASSERT(endpoint->port[0] >= '0' && endpoint->port[0] <= '9');
}

static void check_done(const struct gcn_proxy_header *header, size_t size)
{
    GCN_ASSERT(header->used > 0 && header->used <= size && header->used <= GCN_PROXY_MAX_BYTES);
    GCN_ASSERT(header->protocol != NULL);
    if (header->has_addresses) {
        check_endpoint(&header->source);
        check_endpoint(&header->destination);
    }
}

static void check_mode(struct gcn_slice input, enum gcn_proxy_protocol mode)
{
    struct gcn_proxy_header whole, part, other;
    enum gcn_refusal refusal = gcn_proxy_parse(input, mode, true, &whole);
    enum gcn_refusal cut = GCN_REFUSE_NOTHING;

    part.state = GCN_PROXY_MORE;
    for (size_t len = 0; len <= input.len && cut == GCN_REFUSE_NOTHING; len++) {
        if (part.state == GCN_PROXY_MORE) {
            cut = gcn_proxy_parse((struct gcn_slice){input.ptr, len}, mode, true, &part);
        }
    }
    GCN_ASSERT(cut == refusal);
    if (refusal == GCN_REFUSE_NOTHING) {
        GCN_ASSERT(part.state == whole.state);
        GCN_ASSERT(whole.state != GCN_PROXY_MORE || input.len < GCN_PROXY_MAX_BYTES);
    }
    if (refusal == GCN_REFUSE_NOTHING && whole.state == GCN_PROXY_DONE) {
        check_done(&whole, input.len);
        GCN_ASSERT(part.used == whole.used);
    }
    refusal = gcn_proxy_parse(input, mode, false, &other);
    GCN_ASSERT(refusal == GCN_REFUSE_PROXY_FORBIDDEN || other.state != GCN_PROXY_DONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gcn_slice input = {(const char *)data, size};

    for (int mode = GCN_PROXY_OFF; mode <= GCN_PROXY_AUTO; mode++) {
        check_mode(input, (enum gcn_proxy_protocol)mode);
    }
    return 0;
}
