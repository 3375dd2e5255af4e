/* SPDX-License-Identifier: MIT */
/*
 * Addresses to listen at: from text and back.
 */
#include <gcorn/net/addr.h>

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>

#include <gcorn/base/die.h>
#include <gcorn/base/parse.h>
#include <gcorn/base/quote.h>

/* "<what> <text in quotes> <why>", as an error. */
static bool refuse(struct gcn_error *err, const char *what, struct gcn_slice text, const char *why)
{
    char room[GCN_QUOTE_BYTES];

    return gcn_error_set(err, "%s%s%s", what, gcn_quote(text, room), why);
}

/* `text` as a string at `out`; false if it does not fit or has a NUL in it. */
static bool copy_text(struct gcn_slice text, char *out, size_t cap)
{
    if (text.len >= cap || gcn_slice_index(text, '\0') != text.len) {
        return false;
    }
    if (text.len > 0) {
        memcpy(out, text.ptr, text.len);
    }
    out[text.len] = '\0';
    return true;
}

static bool parse_port(struct gcn_slice text, struct gcn_addr *out, struct gcn_error *err)
{
    int64_t port;

    if (!gcn_parse_digits(text, &port) || port > UINT16_MAX) {
        return refuse(err, "port ", text, " is not in 0..65535");
    }
    out->port = (uint16_t)port;
    return true;
}

static bool is_host_byte(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == '.' ||
           byte == '-' || byte == '_' || byte >= 0x80;
}

static bool parse_host(struct gcn_slice text, struct gcn_addr *out, struct gcn_error *err)
{
    if (!copy_text(text, out->host, sizeof(out->host))) {
        return refuse(err, "host ", text, " is longer than a host can be");
    }
    for (char *at = out->host; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            *at = (char)(*at + ('a' - 'A'));
        }
        if (!is_host_byte((unsigned char)*at)) {
            return refuse(err, "host ", text, " has a character that no host has");
        }
    }
    return true;
}

/* `text` begins behind the opening bracket. */
static bool parse_inet6(struct gcn_slice text, struct gcn_addr *out, struct gcn_error *err)
{
    struct gcn_slice host, rest, address, zone;
    struct gcn_ip ip;

    out->kind = GCN_ADDR_INET6;
    if (!gcn_slice_cut(text, ']', &host, &rest)) {
        struct gcn_slice whole = {text.ptr - 1, text.len + 1};
        return refuse(err, "", whole, " has no closing bracket");
    }
    gcn_slice_cut(host, '%', &address, &zone);
    if (!gcn_ip_parse(address, &ip) || ip.len != 16 ||
        !copy_text(host, out->host, GCN_ADDR_NUMERIC_BYTES)) {
        return refuse(err, "", host, " is not an IPv6 address");
    }
    for (char *at = out->host; *at != '\0' && *at != '%'; at++) {
        *at = (char)(*at >= 'A' && *at <= 'F' ? *at + ('a' - 'A') : *at);
    }
    if (rest.len == 0) {
        return true;
    }
    if (!gcn_slice_skip(&rest, ":")) {
        return refuse(err, "", rest, " behind the bracket should be \":PORT\"");
    }
    return parse_port(rest, out, err);
}

static bool parse_inet(struct gcn_slice text, struct gcn_addr *out, struct gcn_error *err)
{
    struct gcn_slice host, port;
    int64_t number;

    if (gcn_slice_skip(&text, "[")) {
        return parse_inet6(text, out, err);
    }
    bool has_port = gcn_slice_cut(text, ':', &host, &port);
    if (gcn_slice_index(port, ':') != port.len) {
        return refuse(err, "", text,
                      " has more than one colon; an IPv6 address stands in brackets: "
                      "[::1]:8000");
    }
    if (!has_port && gcn_parse_digits(host, &number)) {
        port = host;
        host = (struct gcn_slice){NULL, 0};
        has_port = true;
    }
    if (has_port && !parse_port(port, out, err)) {
        return false;
    }
    return parse_host(host.len == 0 ? GCN_SLICE("0.0.0.0") : host, out, err);
}

static bool parse_unix(struct gcn_slice text, struct gcn_addr *out, struct gcn_error *err)
{
    out->kind = GCN_ADDR_UNIX;
    gcn_slice_skip(&text, "//");
    if (text.len == 0) {
        return gcn_error_set(err, "\"unix:\" should be followed by the path of a socket");
    }
    if (!copy_text(text, out->path, sizeof(out->path))) {
        return refuse(err, "the socket path ", text,
                      " is longer than the 107 bytes that the system allows");
    }
    return true;
}

static bool parse_fd(struct gcn_slice text, struct gcn_addr *out, struct gcn_error *err)
{
    int64_t fd;

    out->kind = GCN_ADDR_FD;
    if (!gcn_parse_digits(text, &fd) || fd > INT_MAX) {
        return refuse(err, "", text, " should be the number of a descriptor, as in fd://3");
    }
    out->fd = (int)fd;
    return true;
}

static const struct {
    const char *prefix;
    bool (*parse)(struct gcn_slice rest, struct gcn_addr *out, struct gcn_error *err);
} schemes[] = {
    {"unix:", parse_unix},
    {"fd://", parse_fd},
    {"tcp://", parse_inet},
    {"", parse_inet}, /* matches everything: keep it last */
};

bool gcn_addr_parse(struct gcn_slice text, struct gcn_addr *out, struct gcn_error *err)
{
    text = gcn_slice_trim(text);
    *out = (struct gcn_addr){.kind = GCN_ADDR_INET, .port = GCN_ADDR_DEFAULT_PORT, .fd = -1};
    for (size_t i = 0; i < GCN_COUNT(schemes); i++) {
        struct gcn_slice rest = text;
        if (gcn_slice_skip(&rest, schemes[i].prefix)) {
            return schemes[i].parse(rest, out, err);
        }
    }
    GCN_UNREACHABLE("the last scheme matches everything");
}

char *gcn_addr_print(const struct gcn_addr *addr, char out[GCN_ADDR_TEXT_BYTES])
{
    switch (addr->kind) {
    case GCN_ADDR_INET:
        /* A host of the name of a scheme would be taken for it. */
        snprintf(out, GCN_ADDR_TEXT_BYTES, "%s%s:%u",
                 strcmp(addr->host, "unix") == 0 ? "tcp://" : "", addr->host, addr->port);
        break;
    case GCN_ADDR_INET6:
        snprintf(out, GCN_ADDR_TEXT_BYTES, "[%s]:%u", addr->host, addr->port);
        break;
    case GCN_ADDR_UNIX:
        /* Two slashes would be taken for those of "unix://". */
        snprintf(out, GCN_ADDR_TEXT_BYTES, "unix:%s%s", strncmp(addr->path, "//", 2) ? "" : "//",
                 addr->path);
        break;
    case GCN_ADDR_FD:
        snprintf(out, GCN_ADDR_TEXT_BYTES, "fd://%d", addr->fd);
        break;
    }
    return out;
}

bool gcn_addr_equal(const struct gcn_addr *a, const struct gcn_addr *b)
{
    return a->kind == b->kind && a->port == b->port && a->fd == b->fd &&
           strcmp(a->host, b->host) == 0 && strcmp(a->path, b->path) == 0;
}

void gcn_sockaddr_print(const struct sockaddr *sa, char host[GCN_ADDR_NUMERIC_BYTES],
                        char port[GCN_ADDR_PORT_BYTES])
{
    host[0] = port[0] = '\0';
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;
        inet_ntop(AF_INET, &in->sin_addr, host, GCN_ADDR_NUMERIC_BYTES);
        snprintf(port, GCN_ADDR_PORT_BYTES, "%u", ntohs(in->sin_port));
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)sa;
        inet_ntop(AF_INET6, &in6->sin6_addr, host, GCN_ADDR_NUMERIC_BYTES);
        snprintf(port, GCN_ADDR_PORT_BYTES, "%u", ntohs(in6->sin6_port));
    }
}
