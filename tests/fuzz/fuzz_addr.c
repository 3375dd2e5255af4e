/* SPDX-License-Identifier: MIT */
/*
 * Addresses and networks: what is accepted reads the same when it is printed, what is not has a
 * message, and a network holds its own address.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/net/addr.h>

static void check_addr(struct gcn_slice text)
{
    struct gcn_error err = {{0}};
    struct gcn_addr addr, again;
    char printed[GCN_ADDR_TEXT_BYTES];

    if (!gcn_addr_parse(text, &addr, &err)) {
        GCN_ASSERT(err.text[0] != '\0');
        return;
    }
    gcn_addr_print(&addr, printed);
    GCN_ASSERT(gcn_addr_parse(gcn_slice_of(printed), &again, &err));
    GCN_ASSERT(gcn_addr_equal(&addr, &again));
}

static void check_network(struct gcn_slice text)
{
    struct gcn_error err = {{0}};
    struct gcn_network network;

    if (!gcn_network_parse(text, &network, &err)) {
        GCN_ASSERT(err.text[0] != '\0');
        return;
    }
    struct gcn_ip ip = network.ip;
    GCN_ASSERT(network.bits <= ip.len * 8 && gcn_network_contains(&network, &ip));
    for (unsigned i = 0; i < ip.len * 8U; i++) { /* a neighbour is inside if it differs behind the prefix */
        ip.bytes[i / 8] ^= (uint8_t)(0x80 >> i % 8);
        GCN_ASSERT(gcn_network_contains(&network, &ip) == (i >= network.bits));
        ip.bytes[i / 8] ^= (uint8_t)(0x80 >> i % 8);
    }
}

static void check_ip(struct gcn_slice text)
{
    struct gcn_ip ip, again;
    char printed[INET6_ADDRSTRLEN];

    if (gcn_ip_parse(text, &ip)) {
        GCN_ASSERT(inet_ntop(ip.len == 4 ? AF_INET : AF_INET6, ip.bytes, printed, sizeof(printed)));
        GCN_ASSERT(gcn_ip_parse(gcn_slice_of(printed), &again) && again.len == ip.len);
        GCN_ASSERT(memcmp(again.bytes, ip.bytes, ip.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* In memory of its own, so that a read behind its end is seen. */
    char *bytes = gcn_alloc(size);
    struct gcn_slice text = {bytes, size};

    memcpy(bytes, data, size);
    check_addr(text);
    check_network(text);
    check_ip(text);
    gcn_free(bytes);
    return 0;
}
