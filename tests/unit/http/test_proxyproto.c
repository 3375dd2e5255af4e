/* SPDX-License-Identifier: MIT */
/*
 * PROXY headers, version 1 and 2, from allowed peers and others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gcorn/http/proxyproto.h>

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define A4 "\xc0\x00\x02\x01\xc6\x33\x64\x02\x30\x39\x01\xbb"
#define A6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x30\x39\x01\xbb"
#define BYTES(text) {text, sizeof(text) - 1}

static const struct {
    struct gcn_slice input;
    enum gcn_proxy_protocol mode;
    enum gcn_refusal refusal;
    const char *protocol; /* NULL: no header, plain HTTP (or refused) */
    const char *source;   /* "host port", or NULL */
    const char *destination;
    size_t rest;
} cases[] = {
    {BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\nGET /"), GCN_PROXY_V1, 0, "TCP4",
     "192.0.2.1 12345", "198.51.100.2 443", 5},
    {BYTES("PROXY TCP6 2001:db8::1 2001:DB8::2 1 65535\r\n"), GCN_PROXY_AUTO, 0, "TCP6",
     "2001:db8::1 1", "2001:db8::2 65535", 0},
    {BYTES("PROXY UNKNOWN\r\n"), GCN_PROXY_V1, 0, "UNKNOWN", NULL, NULL, 0},
    {BYTES("PROXY UNKNOWN what ever\r\n"), GCN_PROXY_V1, 0, "UNKNOWN", NULL, NULL, 0},
    {BYTES(SIG "\x21\x11\0\x0c" A4 "GET"), GCN_PROXY_V2, 0, "TCP4", "192.0.2.1 12345",
     "198.51.100.2 443", 3},
    {BYTES(SIG "\x21\x11\0\x11" A4 "\x03\0\2ab"), GCN_PROXY_AUTO, 0, "TCP4", "192.0.2.1 12345",
     "198.51.100.2 443", 0},
    {BYTES(SIG "\x21\x21\0\x24" A6), GCN_PROXY_V2, 0, "TCP6", "2001:db8::1 12345",
     "2001:db8::2 443", 0},
    {BYTES(SIG "\x20\0\0\0"), GCN_PROXY_V2, 0, "LOCAL", NULL, NULL, 0},
    {BYTES(SIG "\x20\x11\0\x0c" A4), GCN_PROXY_V2, 0, "LOCAL", NULL, NULL, 0},
    {BYTES(SIG "\x21\0\0\0"), GCN_PROXY_V2, 0, "UNSPEC", NULL, NULL, 0},
    {BYTES(SIG "\x21\x01\0\3abc"), GCN_PROXY_V2, 0, "UNSPEC", NULL, NULL, 0},
    /* no header */
    {BYTES("GET / HTTP/1.1\r\n"), GCN_PROXY_AUTO, 0, NULL, NULL, NULL, 16},
    {BYTES("PROXX"), GCN_PROXY_AUTO, 0, NULL, NULL, NULL, 5},
    {BYTES("PROXY UNKNOWN\r\n"), GCN_PROXY_V2, 0, NULL, NULL, NULL, 15},
    {BYTES("PROXY UNKNOWN\r\n"), GCN_PROXY_OFF, 0, NULL, NULL, NULL, 15},
    {BYTES(SIG "\x20\0\0\0"), GCN_PROXY_V1, 0, NULL, NULL, NULL, 16},
    /* malformed, version 1 */
    {BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 12345 443 \r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4  192.0.2.1 198.51.100.2 12345 443\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 012345 443\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 ::1 ::2 1 2\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.1\r 192.0.2.2 1 2\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY TCP4 192.0.2.1 192.0.2.2\0 1 2\r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY \r\n"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    {BYTES("PROXY UNKNOWN 345678901234567890123456789012345678901234567890123456789012345678901234567"
           "89012345678901234567"), GCN_PROXY_V1, GCN_REFUSE_PROXY_V1, 0, 0, 0, 0},
    /* malformed, version 2 */
    {BYTES(SIG "\x11\x11\0\x0c" A4), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
    {BYTES(SIG "\x22\x11\0\x0c" A4), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
    {BYTES(SIG "\x21\x12\0\x0c" A4), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
    {BYTES(SIG "\x21\x31\0\x0c" A4), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
    {BYTES(SIG "\x21\x11\0\x0b" A4), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
    {BYTES(SIG "\x21\x21\0\x23" A6), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
    {BYTES(SIG "\x21\x11\x10\x01" A4), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
    {BYTES(SIG "\x20\x00\xff\xff"), GCN_PROXY_V2, GCN_REFUSE_PROXY_V2, 0, 0, 0, 0},
};

static void assert_endpoint(const struct gcn_endpoint *endpoint, const char *expected)
{
    char text[96];
    snprintf(text, sizeof(text), "%s %s", endpoint->host, endpoint->port);
    assert_string_equal(text, expected);
    assert_false(endpoint->is_unix);
}

/* Parse as if the bytes came one by one; the step at which it was decided is in *len. */
static enum gcn_refusal parse_bytewise(size_t i, bool allowed, struct gcn_proxy_header *out,
                                       size_t *len)
{
    enum gcn_refusal refusal = GCN_REFUSE_NOTHING;

    for (*len = 0; *len <= cases[i].input.len; ++*len) {
        struct gcn_slice part = {cases[i].input.ptr, *len};
        refusal = gcn_proxy_parse(part, cases[i].mode, allowed, out);
        if (refusal != GCN_REFUSE_NOTHING || out->state != GCN_PROXY_MORE) {
            break;
        }
    }
    return refusal;
}

static void every_header_has_its_verdict_whole_and_byte_by_byte(void **state)
{
    struct gcn_proxy_header out;
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            enum gcn_refusal refusal =
                bytewise ? parse_bytewise(i, true, &out, &len)
                         : gcn_proxy_parse(cases[i].input, cases[i].mode, true, &out);
            if (refusal != cases[i].refusal) {
                fail_msg("case %zu: refusal %d", i, (int)refusal);
            }
            if (refusal != GCN_REFUSE_NOTHING) {
                continue;
            }
            if (cases[i].protocol == NULL) {
                assert_int_equal(out.state, GCN_PROXY_NONE);
                continue;
            }
            assert_int_equal(out.state, GCN_PROXY_DONE);
            assert_string_equal(out.protocol, cases[i].protocol);
            assert_int_equal(cases[i].input.len - out.used, cases[i].rest);
            assert_int_equal(out.has_addresses, cases[i].source != NULL);
            if (out.has_addresses) {
                assert_endpoint(&out.source, cases[i].source);
                assert_endpoint(&out.destination, cases[i].destination);
            }
        }
    }
}

static void a_header_of_a_peer_that_may_not_send_one_is_refused(void **state)
{
    struct gcn_proxy_header out;
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool plain = cases[i].protocol == NULL && cases[i].refusal == GCN_REFUSE_NOTHING;
        enum gcn_refusal expected = plain ? GCN_REFUSE_NOTHING : GCN_REFUSE_PROXY_FORBIDDEN;
        assert_int_equal(gcn_proxy_parse(cases[i].input, cases[i].mode, false, &out), expected);
        assert_int_equal(parse_bytewise(i, false, &out, &len), expected);
        assert_true(plain || len == 6 || len == 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_header_has_its_verdict_whole_and_byte_by_byte),
        cmocka_unit_test(a_header_of_a_peer_that_may_not_send_one_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
