/* SPDX-License-Identifier: MIT */
/*
 * The chunk decoder: what it takes, what it refuses, and that llhttp reads the same body.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <llhttp.h>

#include <gcorn/http/body.h>

#include "http_limits.h"

/* What a decoder made of some bytes. */
struct outcome {
    enum gcn_refusal refusal;
    bool done;
    size_t used;
    size_t len;
    char body[256];
};

/* Feed `bytes` in pieces of `piece` bytes. */
static struct outcome decode(struct gcn_slice bytes, size_t piece)
{
    struct gcn_http_limits limits = default_limits();
    struct gcn_chunked chunked = {0};
    struct outcome out = {0};
    struct gcn_body body;

    limits.fields = 2;
    limits.field_bytes = 40;
    limits.body_max_bytes = 200;
    gcn_body_init(&body);
    while (out.used < bytes.len && !chunked.done && out.refusal == GCN_REFUSE_NOTHING) {
        size_t part = bytes.len - out.used < piece ? bytes.len - out.used : piece;
        size_t used;
        out.refusal = gcn_chunked_feed(&chunked, bytes.ptr + out.used, part, &used, &body, &limits);
        out.used += used;
    }
    out.done = chunked.done;
    out.len = (size_t)gcn_body_read(&body, 0, out.body, sizeof(out.body));
    gcn_chunked_finish(&chunked);
    gcn_body_finish(&body);
    return out;
}

#define Z16 "0000000000000000"

static const struct {
    const char *bytes;
    const char *body; /* NULL: refused */
    enum gcn_refusal refusal;
    size_t rest; /* bytes that do not belong to the body */
} cases[] = {
    {"0\r\n\r\n", "", 0, 0},
    {"5\r\nhello\r\n0\r\n\r\n", "hello", 0, 0},
    {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", 0, 0},
    {"A\r\n0123456789\r\na\r\n0123456789\r\n00\r\n\r\n", "01234567890123456789", 0, 0},
    {"1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "x", 0, 16},
    {"0000000000000001\r\nx\r\n0\r\n\r\n", "x", 0, 0},
    {"1;a\r\nx\r\n0;b=c;d=\"e;f\\\"\\\\\"\r\n\r\n", "x", 0, 0},
    {"0\r\nX-Sum: 1\r\n\r\n", "", 0, 0},
    {"0\r\nA: 1\r\nB: 2\r\n\r\n", "", 0, 0},
    {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 0, 0},
    {Z16 "1\r\nx\r\n0\r\n\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"0x1\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"+1\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"-1\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {" 1\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1 \r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1\t\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1 ;a\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1_0\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"g\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1\rx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1\r\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"FFFFFFFFFFFFFFFF\r\nx", NULL, GCN_REFUSE_BODY_LARGE, 0},
    {"10000000000000000\r\nx", NULL, GCN_REFUSE_CHUNK, 0},
    {"c9\r\nx", NULL, GCN_REFUSE_BODY_LARGE, 0},
    {"1;\r\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1;a=\r\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1; a\r\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1;a =b\r\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1;a\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1;a\rb\r\nx\r\n", NULL, GCN_REFUSE_CHUNK, 0},
    {"1;a=\"b\x01\"\r\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1;a=\"b\"c\r\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1;a=\"b\r\nx\r\n", NULL, GCN_REFUSE_CHUNK_EXTENSION, 0},
    {"1\r\nxx\r\n", NULL, GCN_REFUSE_CHUNK_END, 0},
    {"1\r\nx\n0\r\n\r\n", NULL, GCN_REFUSE_CHUNK_END, 0},
    {"1\r\nx\rx", NULL, GCN_REFUSE_CHUNK_END, 0},
    {"0\r\nX-Sum: 1\n\r\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\n\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\nX Sum: 1\r\n\r\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\nX-Sum : 1\r\n\r\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\nX-Sum\r\n\r\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\nA: 1\r\n b\r\n\r\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\nA: \x01\r\n\r\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\nGET / HTTP/1.1\r\n\r\n", NULL, GCN_REFUSE_TRAILER, 0},
    {"0\r\nContent-Length: 1\r\n\r\n", NULL, GCN_REFUSE_TRAILER_FORBIDDEN, 0},
    {"0\r\nhost: a\r\n\r\n", NULL, GCN_REFUSE_TRAILER_FORBIDDEN, 0},
    {"0\r\ntransfer-ENCODING: chunked\r\n\r\n", NULL, GCN_REFUSE_TRAILER_FORBIDDEN, 0},
    {"0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", NULL, GCN_REFUSE_TRAILER_LARGE, 0},
    {"0\r\nA: 34567890123456789012345678901234567\r\n\r\n", "", 0, 0},
    {"0\r\nA: 345678901234567890123456789012345678\r\n\r\n", NULL, GCN_REFUSE_TRAILER_LARGE, 0},
};

static void every_case_has_its_verdict_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gcn_slice bytes = gcn_slice_of(cases[i].bytes);
        for (size_t piece = 1; piece <= bytes.len; piece++) {
            struct outcome out = decode(bytes, piece);
            if (out.refusal != cases[i].refusal || out.done != (cases[i].body != NULL)) {
                fail_msg("case %zu in pieces of %zu: refusal %d, %s", i, piece, (int)out.refusal,
                         out.done ? "done" : "not done");
            }
            if (cases[i].body != NULL) {
                assert_int_equal(bytes.len - out.used, cases[i].rest);
                assert_int_equal(out.len, strlen(cases[i].body));
                assert_memory_equal(out.body, cases[i].body, out.len);
            }
        }
    }
}

static void an_unfinished_body_is_not_done(void **state)
{
    static const char whole[] = "3;a=b\r\nabc\r\n0\r\nA: b\r\n\r\n";

    (void)state;
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        struct outcome out = decode((struct gcn_slice){whole, len}, len + 1);
        assert_int_equal(out.refusal, GCN_REFUSE_NOTHING);
        assert_false(out.done);
        assert_int_equal(out.used, len);
    }
}

static void extensions_are_bounded_over_the_whole_body(void **state)
{
    struct gcn_http_limits limits = default_limits();
    struct gcn_chunked chunked = {0};
    struct gcn_body body;
    enum gcn_refusal refusal = GCN_REFUSE_NOTHING;
    static const char chunk[] = "1;aaaaaaaaaaaaaaa\r\nx\r\n";
    int n = 0;

    (void)state;
    gcn_body_init(&body);
    while (refusal == GCN_REFUSE_NOTHING && n < 100000) {
        size_t used;
        refusal = gcn_chunked_feed(&chunked, chunk, sizeof(chunk) - 1, &used, &body, &limits);
        n++;
    }
    assert_int_equal(refusal, GCN_REFUSE_CHUNK_EXTENSION_LARGE);
    assert_int_equal(n, 1025);
    gcn_chunked_finish(&chunked);
    gcn_body_finish(&body);
}

/* llhttp's reading of the same bytes behind a head. */
struct witness {
    bool done;
    size_t len;
    char body[256];
};

static int witness_body(llhttp_t *parser, const char *at, size_t len)
{
    struct witness *witness = parser->data;
    memcpy(witness->body + witness->len, at, len);
    witness->len += len;
    return 0;
}

static int witness_complete(llhttp_t *parser)
{
    ((struct witness *)parser->data)->done = true;
    return HPE_PAUSED;
}

static struct witness ask_llhttp(struct gcn_slice bytes)
{
    static const char head[] = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const llhttp_settings_t settings = {
        .on_body = witness_body, .on_message_complete = witness_complete};
    struct witness witness = {0};
    llhttp_t parser;

    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &witness;
    assert_int_equal(llhttp_execute(&parser, head, sizeof(head) - 1), HPE_OK);
    llhttp_execute(&parser, bytes.ptr, bytes.len);
    return witness;
}

static void llhttp_reads_the_same_body_from_whatever_is_accepted(void **state)
{
    /* Pieces that are close to right: random joins of them are often accepted. */
    static const char *const parts[] = {
        "0\r\n",     "\r\n", "1\r\nx\r\n", "3\r\nabc\r\n", "1;a\r\nx\r\n", "2;c=\"d\"\r\n\r\n\r\n",
        "A: b\r\n",  "1",    ";q",         "\r",           "\n",             " ",
        "Te: x\r\n", "00",   "a\r\n0123456789\r\n",
    };
    unsigned seed = 1;
    int accepted = 0;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        char text[256];
        size_t len = 0;
        unsigned n = 1 + (unsigned)rand_r(&seed) % 6;
        for (unsigned i = 0; i < n; i++) {
            const char *part = parts[(unsigned)rand_r(&seed) % (sizeof(parts) / sizeof(*parts))];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        memcpy(text + len, "0\r\n\r\n", 5);
        len += 5;
        struct outcome ours = decode((struct gcn_slice){text, len}, len);
        if (!ours.done) {
            continue;
        }
        accepted++;
        struct witness theirs = ask_llhttp((struct gcn_slice){text, ours.used});
        if (!theirs.done || theirs.len != ours.len ||
            memcmp(theirs.body, ours.body, ours.len) != 0) {
            fail_msg("llhttp disagrees about: %.*s", (int)len, text);
        }
    }
    assert_true(accepted > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_its_verdict_however_it_is_cut),
        cmocka_unit_test(an_unfinished_body_is_not_done),
        cmocka_unit_test(extensions_are_bounded_over_the_whole_body),
        cmocka_unit_test(llhttp_reads_the_same_body_from_whatever_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
