/* SPDX-License-Identifier: MIT */
/*
 * The trusted edge: what forwarded_allow_ips, secure_scheme_headers and forwarder_headers make of a
 * peer and of its fields, held to a reading of the rules that is as plain as can be.
 *
 * The input's first four lines: networks, the peer (none: a unix socket), forwarder_headers, and
 * NAME=value of secure_scheme_headers, each with commas. The rest is a request's head.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/http/head.h>
#include <gcorn/http/trust.h>

#include "../unit/http/http_limits.h"

enum { LIST_MAX = 16 };

/* Lifetime: one input. */
struct edge {
    const char *networks[LIST_MAX];
    const char *forwarder[LIST_MAX];
    struct gcn_scheme_field scheme[LIST_MAX];
    size_t n_networks, n_forwarder, n_scheme;
    const char *peer;
    struct gcn_http_limits limits;
};

/* The items of the string `line`, cut where they stand. */
static size_t cut_list(char *line, const char *items[LIST_MAX])
{
    size_t n = 0;
    char *rest = line;

    while (n < LIST_MAX && rest != NULL && *rest != '\0') {
        items[n++] = strsep(&rest, ",");
    }
    return n;
}

static void cut_scheme(struct edge *edge, char *line)
{
    const char *items[LIST_MAX];
    size_t n = cut_list(line, items);

    for (size_t i = 0; i < n; i++) {
        char *equals = strchr(items[i], '=');
        if (equals != NULL && equals != items[i]) {
            *equals = '\0';
            edge->scheme[edge->n_scheme++] = (struct gcn_scheme_field){items[i], equals + 1};
        }
    }
}

static void peer_address(const char *text, struct sockaddr_storage *out)
{
    struct sockaddr_in *in = (void *)out;
    struct sockaddr_in6 *in6 = (void *)out;

    *out = (struct sockaddr_storage){.ss_family = AF_UNIX};
    if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
        out->ss_family = AF_INET;
    } else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
        out->ss_family = AF_INET6;
    }
}

static bool bit(const uint8_t *bytes, unsigned i)
{
    return (bytes[i / 8] & (0x80 >> i % 8)) != 0;
}

/* Bit by bit, and an IPv4 address that IPv6 wraps is the IPv4 address as well. */
static bool expect_trust(const struct gcn_networks *networks, const struct sockaddr_storage *peer)
{
    struct gcn_ip ip = gcn_ip_of_sockaddr((const struct sockaddr *)peer);
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool found = networks->any || ip.len == 0;

    for (size_t i = 0; i < networks->n; i++) {
        const struct gcn_network *network = &networks->items[i];
        bool wraps = ip.len == 16 && network->ip.len == 4 && memcmp(ip.bytes, mapped, 12) == 0;
        const uint8_t *bytes = wraps ? ip.bytes + 12 : ip.bytes;
        bool inside = wraps || network->ip.len == ip.len;
        for (unsigned at = 0; inside && at < network->bits; at++) {
            inside = bit(bytes, at) == bit(network->ip.bytes, at);
        }
        found = found || inside;
    }
    return found;
}

static bool is_named(const char *const *names, size_t n, struct gcn_slice name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], "*") == 0 || gcn_slice_equal_nocase(name, gcn_slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* What the fields that are left say about the scheme: 1 https, 0 http, -1 nothing, -2 both. */
static int expect_scheme(const struct edge *edge, const struct gcn_head *head)
{
    int scheme = -1;

    for (uint32_t i = 0; i < head->n_fields; i++) {
        for (size_t row = 0; row < edge->n_scheme; row++) {
            const struct gcn_field *field = &head->fields[i];
            if (gcn_slice_equal_nocase(field->name, gcn_slice_of(edge->scheme[row].name))) {
                int says = gcn_slice_equal(field->value, gcn_slice_of(edge->scheme[row].value));
                scheme = scheme == -1 || scheme == says ? says : -2;
            }
        }
    }
    return scheme;
}

static void check_head(const struct edge *edge, const struct gcn_head *head, bool trusted)
{
    GCN_ASSERT(trusted || (!head->scheme_given && head->script_name.ptr == NULL));
    for (uint32_t i = 0; i < head->n_fields; i++) {
        struct gcn_slice name = head->fields[i].name;
        bool allowed = trusted && is_named(edge->forwarder, edge->n_forwarder, name);
        GCN_ASSERT(gcn_slice_index(name, '_') == name.len || allowed);
        GCN_ASSERT(!gcn_slice_equal_nocase(name, GCN_SLICE("proxy")));
    }
    if (head->script_name.len > 0) {
        GCN_ASSERT(head->path.len >= head->script_name.len);
        GCN_ASSERT(memcmp(head->path.ptr, head->script_name.ptr, head->script_name.len) == 0);
    }
    int scheme = trusted ? expect_scheme(edge, head) : -1;
    GCN_ASSERT(scheme != -2);
    if (scheme >= 0) { /* -1: a field that was dropped may still have said something */
        GCN_ASSERT(head->scheme_given && head->https == (scheme == 1));
    }
}

static void parse(const struct edge *edge, struct gcn_slice text, bool trusted)
{
    struct gcn_head_scan scan = {0};
    size_t len;

    if (gcn_head_scan(&scan, text.ptr, text.len, &edge->limits, &len) != GCN_REFUSE_NOTHING ||
        len == 0) {
        return;
    }
    struct gcn_head *head = gcn_head_create();
    if (gcn_head_parse(head, text.ptr, len, &edge->limits, trusted, NULL) == GCN_REFUSE_NOTHING) {
        check_head(edge, head, trusted);
    }
    gcn_head_unref(head);
}

static void play(struct edge *edge, struct gcn_slice head)
{
    struct gcn_networks networks;
    struct sockaddr_storage peer;
    struct gcn_error err = {{0}};

    peer_address(edge->peer, &peer);
    if (!gcn_networks_parse(edge->networks, edge->n_networks, &networks, &err)) {
        GCN_ASSERT(err.text[0] != '\0' && networks.n == 0);
        return;
    }
    bool trusted = gcn_trust_has(&networks, (const struct sockaddr *)&peer);
    GCN_ASSERT(trusted == expect_trust(&networks, &peer));
    edge->limits = default_limits();
    edge->limits.forwarder_headers = edge->forwarder;
    edge->limits.n_forwarder_headers = edge->n_forwarder;
    edge->limits.scheme_fields = edge->scheme;
    edge->limits.n_scheme_fields = edge->n_scheme;
    parse(edge, head, trusted);
    gcn_networks_finish(&networks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gcn_slice rest = {(const char *)data, size}, line;
    struct edge edge = {.peer = ""};
    char *lines[4];

    for (size_t i = 0; i < GCN_COUNT(lines); i++) {
        gcn_slice_cut(rest, '\n', &line, &rest);
        lines[i] = gcn_strndup(line.ptr, line.len);
    }
    edge.n_networks = cut_list(lines[0], edge.networks);
    edge.peer = lines[1];
    edge.n_forwarder = cut_list(lines[2], edge.forwarder);
    cut_scheme(&edge, lines[3]);
    play(&edge, rest);
    for (size_t i = 0; i < GCN_COUNT(lines); i++) {
        gcn_free(lines[i]);
    }
    return 0;
}
