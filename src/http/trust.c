/* SPDX-License-Identifier: MIT */
/*
 * The trusted edge: is this peer one of ours?
 */
#include <gcorn/http/trust.h>

#include <netinet/in.h>
#include <string.h>

/* The IPv4 address that `in6` maps (RFC 4291 §2.5.5.2) at `out`; false if it maps none. */
static bool unmap(const struct sockaddr_in6 *in6, struct sockaddr_in *out)
{
    if (!IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        return false;
    }
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = in6->sin6_port};
    memcpy(&out->sin_addr, in6->sin6_addr.s6_addr + 12, sizeof(out->sin_addr));
    return true;
}

bool gcn_trust_has(const struct gcn_networks *networks, const struct sockaddr *peer)
{
    struct sockaddr_in plain;

    if ((peer->sa_family != AF_INET && peer->sa_family != AF_INET6) ||
        gcn_networks_contain(networks, peer)) {
        return true;
    }
    return peer->sa_family == AF_INET6 && unmap((const void *)peer, &plain) &&
           gcn_networks_contain(networks, (const struct sockaddr *)&plain);
}
