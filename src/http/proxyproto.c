/* SPDX-License-Identifier: MIT */
/*
 * A strict reader of PROXY headers: bounded, no field is optional, no leniency.
 */
#include <gcorn/http/proxyproto.h>

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <gcorn/base/parse.h>
#include <gcorn/net/addr.h>

enum {
    V1_BYTES_MAX = 107, /* the longest line, with its CRLF */
    V2_HEAD_BYTES = 16,
    V2_EXTRA_MAX = GCN_PROXY_MAX_BYTES - V2_HEAD_BYTES,
};

/* The second byte of the head of version 2: address family and transport. */
enum {
    V2_UNSPEC = 0x00,
    V2_UNSPEC_STREAM = 0x01,
    V2_TCP4 = 0x11,
    V2_TCP6 = 0x21,
};

static const struct gcn_slice v1_signature = {"PROXY ", 6};
static const struct gcn_slice v2_signature = {"\r\n\r\n\0\r\nQUIT\n", 12};

static void print_endpoint(struct gcn_endpoint *out, int family, const void *address, unsigned port)
{
    *out = (struct gcn_endpoint){0};
    inet_ntop(family, address, out->host, sizeof(out->host));
    snprintf(out->port, sizeof(out->port), "%u", port);
}

/* Decimal without leading zeros. */
static bool parse_port(struct gcn_slice text, unsigned *out)
{
    int64_t port;

    if (!gcn_parse_digits(text, &port) || port > UINT16_MAX ||
        (text.ptr[0] == '0' && text.len > 1)) {
        return false;
    }
    *out = (unsigned)port;
    return true;
}

static bool parse_v1_endpoint(struct gcn_slice address, struct gcn_slice port, uint8_t ip_len,
                              struct gcn_endpoint *out)
{
    struct gcn_ip ip;
    unsigned number;

    if (!gcn_ip_parse(address, &ip) || ip.len != ip_len || !parse_port(port, &number)) {
        return false;
    }
    print_endpoint(out, ip_len == 4 ? AF_INET : AF_INET6, ip.bytes, number);
    return true;
}

/* "TCP4 source destination sport dport", behind the signature and without the CRLF. */
static bool parse_v1_line(struct gcn_slice line, struct gcn_proxy_header *out)
{
    struct gcn_slice word[5], rest = line;

    gcn_slice_cut(rest, ' ', &word[0], &rest);
    if (gcn_slice_equal(word[0], GCN_SLICE("UNKNOWN"))) {
        out->protocol = "UNKNOWN"; /* the rest of the line has no meaning */
        return true;
    }
    for (int i = 1; i < 4; i++) {
        if (!gcn_slice_cut(rest, ' ', &word[i], &rest)) {
            return false;
        }
    }
    word[4] = rest;
    bool v4 = gcn_slice_equal(word[0], GCN_SLICE("TCP4"));
    if (!v4 && !gcn_slice_equal(word[0], GCN_SLICE("TCP6"))) {
        return false;
    }
    uint8_t ip_len = v4 ? 4 : 16;
    out->protocol = v4 ? "TCP4" : "TCP6";
    out->has_addresses = true;
    return parse_v1_endpoint(word[1], word[3], ip_len, &out->source) &&
           parse_v1_endpoint(word[2], word[4], ip_len, &out->destination);
}

static enum gcn_refusal parse_v1(struct gcn_slice input, struct gcn_proxy_header *out)
{
    size_t bound = input.len < V1_BYTES_MAX ? input.len : V1_BYTES_MAX;
    size_t lf = gcn_slice_index((struct gcn_slice){input.ptr, bound}, '\n');

    if (lf == bound) {
        return bound == V1_BYTES_MAX ? GCN_REFUSE_PROXY_V1 : GCN_REFUSE_NOTHING;
    }
    struct gcn_slice line = {input.ptr + v1_signature.len, lf - v1_signature.len};
    if (gcn_slice_index(line, '\r') + 1 != line.len) {
        return GCN_REFUSE_PROXY_V1;
    }
    line.len--;
    if (!parse_v1_line(line, out)) {
        return GCN_REFUSE_PROXY_V1;
    }
    out->used = lf + 1;
    out->state = GCN_PROXY_DONE;
    return GCN_REFUSE_NOTHING;
}

static unsigned read_u16(const unsigned char *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* The address block of `width` bytes an address: source, destination, both ports. */
static void read_v2_addresses(const unsigned char *block, int family, size_t width,
                              struct gcn_proxy_header *out)
{
    const unsigned char *ports = block + 2 * width;

    out->protocol = family == AF_INET ? "TCP4" : "TCP6";
    out->has_addresses = true;
    print_endpoint(&out->source, family, block, read_u16(ports));
    print_endpoint(&out->destination, family, block + width, read_u16(ports + 2));
}

/* Whether the 16 bytes of the head announce something that can be read. */
static bool is_v2_head_valid(const unsigned char *head)
{
    unsigned extra = read_u16(head + 14);

    if (extra > V2_EXTRA_MAX) {
        return false;
    }
    if (head[12] == 0x20) { /* LOCAL: family and addresses are to be ignored */
        return true;
    }
    if (head[12] != 0x21) { /* PROXY */
        return false;
    }
    switch (head[13]) {
    case V2_UNSPEC:
    case V2_UNSPEC_STREAM:
        return true;
    case V2_TCP4:
        return extra >= 12;
    case V2_TCP6:
        return extra >= 36;
    default:
        return false;
    }
}

/* The extensions (TLVs) behind the addresses are skipped. */
static enum gcn_refusal parse_v2(struct gcn_slice input, struct gcn_proxy_header *out)
{
    const unsigned char *head = (const unsigned char *)input.ptr;

    if (input.len < V2_HEAD_BYTES) {
        return GCN_REFUSE_NOTHING;
    }
    if (!is_v2_head_valid(head)) {
        return GCN_REFUSE_PROXY_V2;
    }
    size_t len = V2_HEAD_BYTES + read_u16(head + 14);
    if (input.len < len) {
        return GCN_REFUSE_NOTHING;
    }
    out->used = len;
    out->state = GCN_PROXY_DONE;
    if (head[12] == 0x20) {
        out->protocol = "LOCAL";
    } else if (head[13] == V2_TCP4) {
        read_v2_addresses(head + V2_HEAD_BYTES, AF_INET, 4, out);
    } else if (head[13] == V2_TCP6) {
        read_v2_addresses(head + V2_HEAD_BYTES, AF_INET6, 16, out);
    } else {
        out->protocol = "UNSPEC";
    }
    return GCN_REFUSE_NOTHING;
}

/* Does `input` begin with `signature`? MORE while it may, DONE if so, NONE if not. */
static enum gcn_proxy_state match(struct gcn_slice input, struct gcn_slice signature)
{
    size_t len = input.len < signature.len ? input.len : signature.len;

    if (len > 0 && memcmp(input.ptr, signature.ptr, len) != 0) {
        return GCN_PROXY_NONE;
    }
    return len == signature.len ? GCN_PROXY_DONE : GCN_PROXY_MORE;
}

enum gcn_refusal gcn_proxy_parse(struct gcn_slice input, enum gcn_proxy_protocol mode, bool allowed,
                                 struct gcn_proxy_header *out)
{
    bool takes_v1 = mode == GCN_PROXY_V1 || mode == GCN_PROXY_AUTO;
    bool takes_v2 = mode == GCN_PROXY_V2 || mode == GCN_PROXY_AUTO;
    enum gcn_proxy_state v1 = takes_v1 ? match(input, v1_signature) : GCN_PROXY_NONE;
    enum gcn_proxy_state v2 = takes_v2 ? match(input, v2_signature) : GCN_PROXY_NONE;

    *out = (struct gcn_proxy_header){.state = GCN_PROXY_MORE};
    if (v1 == GCN_PROXY_NONE && v2 == GCN_PROXY_NONE) {
        out->state = GCN_PROXY_NONE;
        return GCN_REFUSE_NOTHING;
    }
    if (v1 != GCN_PROXY_DONE && v2 != GCN_PROXY_DONE) {
        return GCN_REFUSE_NOTHING;
    }
    if (!allowed) {
        return GCN_REFUSE_PROXY_FORBIDDEN;
    }
    return v1 == GCN_PROXY_DONE ? parse_v1(input, out) : parse_v2(input, out);
}
