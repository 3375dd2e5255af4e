/* SPDX-License-Identifier: MIT */
/*
 * IP addresses as bytes, and the networks that they are in.
 */
#include <gcorn/net/addr.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <gcorn/base/mem.h>
#include <gcorn/base/parse.h>
#include <gcorn/base/quote.h>

bool gcn_ip_parse(struct gcn_slice text, struct gcn_ip *out)
{
    char host[INET6_ADDRSTRLEN + 1];

    *out = (struct gcn_ip){0};
    if (text.len == 0 || text.len >= sizeof(host) || gcn_slice_index(text, '\0') != text.len) {
        return false;
    }
    memcpy(host, text.ptr, text.len);
    host[text.len] = '\0';
    if (inet_pton(AF_INET, host, out->bytes) == 1) {
        out->len = 4;
    } else if (inet_pton(AF_INET6, host, out->bytes) == 1) {
        out->len = 16;
    }
    return out->len != 0;
}

struct gcn_ip gcn_ip_of_sockaddr(const struct sockaddr *sa)
{
    struct gcn_ip ip = {0};

    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;
        ip.len = 4;
        memcpy(ip.bytes, &in->sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)sa;
        ip.len = 16;
        memcpy(ip.bytes, &in6->sin6_addr, 16);
    }
    return ip;
}

/*
 * The prefix length of a netmask ("255.0.0.0") or a hostmask ("0.255.255.255"); -1 if it is
 * neither.
 */
static int mask_bits(const struct gcn_ip *mask)
{
    uint32_t value = (uint32_t)mask->bytes[0] << 24 | (uint32_t)mask->bytes[1] << 16 |
                     (uint32_t)mask->bytes[2] << 8 | mask->bytes[3];
    for (int bits = 0; bits <= 32; bits++) {
        uint32_t net = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
        if (value == net) {
            return bits;
        }
        if (value == ~net && bits > 0 && bits < 32) {
            return bits;
        }
    }
    return -1;
}

static bool parse_bits(struct gcn_slice text, struct gcn_network *out)
{
    int64_t bits;
    struct gcn_ip mask;

    if (!gcn_parse_digits(text, &bits)) {
        bool masked = out->ip.len == 4 && gcn_ip_parse(text, &mask) && mask.len == 4;
        bits = masked ? mask_bits(&mask) : -1;
    }
    if (bits < 0 || bits > (int64_t)out->ip.len * 8) {
        return false;
    }
    out->bits = (uint8_t)bits;
    return true;
}

/* True if the first `bits` bits of both are the same. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(a, b, whole) != 0) {
        return false;
    }
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool has_host_bits(const struct gcn_network *network)
{
    for (unsigned i = network->bits; i < network->ip.len * 8U; i++) {
        if ((network->ip.bytes[i / 8] >> (7 - i % 8)) & 1) {
            return true;
        }
    }
    return false;
}

bool gcn_network_parse(struct gcn_slice text, struct gcn_network *out, struct gcn_error *err)
{
    struct gcn_slice address, bits;
    char room[GCN_QUOTE_BYTES];

    text = gcn_slice_trim(text);
    bool has_bits = gcn_slice_cut(text, '/', &address, &bits);
    if (!gcn_ip_parse(address, &out->ip)) {
        return gcn_error_set(err, "%s is not an IPv4 or IPv6 address or network",
                             gcn_quote(text, room));
    }
    out->bits = (uint8_t)(out->ip.len * 8);
    if (has_bits && !parse_bits(bits, out)) {
        return gcn_error_set(err, "the prefix of %s should be a number in 0..%d",
                             gcn_quote(text, room), out->ip.len * 8);
    }
    if (has_host_bits(out)) {
        return gcn_error_set(err, "%s has bits set behind its prefix", gcn_quote(text, room));
    }
    return true;
}

bool gcn_network_contains(const struct gcn_network *network, const struct gcn_ip *ip)
{
    return network->ip.len == ip->len && ip->len != 0 &&
           same_bits(network->ip.bytes, ip->bytes, network->bits);
}

bool gcn_networks_parse(const char *const *texts, size_t n, struct gcn_networks *out,
                        struct gcn_error *err)
{
    *out = (struct gcn_networks){0};
    out->items = gcn_alloc_zero(n, sizeof(*out->items));
    for (size_t i = 0; i < n; i++) {
        struct gcn_slice text = gcn_slice_of(texts[i]);
        if (gcn_slice_equal(text, GCN_SLICE("*"))) {
            out->any = true;
        } else if (gcn_network_parse(text, &out->items[out->n], err)) {
            out->n++;
        } else {
            gcn_networks_finish(out);
            return false;
        }
    }
    return true;
}

void gcn_networks_finish(struct gcn_networks *set)
{
    gcn_free(set->items);
    *set = (struct gcn_networks){0};
}

bool gcn_networks_contain(const struct gcn_networks *set, const struct sockaddr *sa)
{
    if (set->any) {
        return true;
    }
    struct gcn_ip ip = gcn_ip_of_sockaddr(sa);
    for (size_t i = 0; i < set->n; i++) {
        if (gcn_network_contains(&set->items[i], &ip)) {
            return true;
        }
    }
    return false;
}
