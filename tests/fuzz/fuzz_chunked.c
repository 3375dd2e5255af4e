/* SPDX-License-Identifier: MIT */
/*
 * Chunked bodies: the same verdict and body wherever the input is cut, and llhttp reads the same
 * body from whatever is accepted. It may stop at an extension: 8.1 refuses some that RFC 9112
 * §7.1.1 has (";a=b;c", and escapes in quotes).
 */
#include "fuzz.h"

#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/http/body.h>
#include <llhttp.h>

#include "http_options.h"

/* What became of an input. */
struct outcome {
    enum gcn_refusal refusal;
    bool done;
    bool extended; /* some chunk has an extension */
    size_t used;
    struct gcn_body body;
};

static void feed(struct outcome *out, struct gcn_chunked *chunked, const char *bytes, size_t size,
                 const struct gcn_http_limits *limits)
{
    size_t used;

    if (out->refusal == GCN_REFUSE_NOTHING && !chunked->done) {
        out->refusal = gcn_chunked_feed(chunked, bytes, size, &used, &out->body, limits);
        out->used += used;
        GCN_ASSERT(used <= size);
        GCN_ASSERT(used == size || chunked->done || out->refusal != GCN_REFUSE_NOTHING);
    }
}

/* In pieces of `piece` bytes. */
static void decode(struct outcome *out, const uint8_t *data, size_t size, size_t piece,
                   const struct gcn_http_limits *limits)
{
    struct gcn_chunked chunked = {0};

    *out = (struct outcome){0};
    gcn_body_init(&out->body);
    for (size_t at = 0; at < size; at += piece) {
        size_t part = size - at < piece ? size - at : piece;
        feed(out, &chunked, (const char *)data + at, part, limits);
    }
    out->done = chunked.done;
    out->extended = chunked.extension_bytes > 0;
    gcn_chunked_finish(&chunked);
}

static char *read_body(const struct gcn_body *body)
{
    char *bytes = gcn_alloc((size_t)body->len);
    GCN_ASSERT(gcn_body_read(body, 0, bytes, (size_t)body->len) == body->len);
    return bytes;
}

/* llhttp's reading, compared as it comes. */
struct witness {
    const char *body; /* that it has to find */
    size_t len;
    size_t found;
    bool done;
};

static int witness_body(llhttp_t *parser, const char *at, size_t len)
{
    struct witness *witness = parser->data;
    GCN_ASSERT(len <= witness->len - witness->found);
    GCN_ASSERT(memcmp(witness->body + witness->found, at, len) == 0);
    witness->found += len;
    return 0;
}

static int witness_complete(llhttp_t *parser)
{
    ((struct witness *)parser->data)->done = true;
    return HPE_PAUSED;
}

static void ask_llhttp(const uint8_t *data, const struct outcome *ours)
{
    static const char head[] = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const llhttp_settings_t settings = {.on_body = witness_body,
                                               .on_message_complete = witness_complete};
    char *body = read_body(&ours->body);
    struct witness witness = {.body = body, .len = (size_t)ours->body.len};
    llhttp_t parser;

    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &witness;
    GCN_ASSERT(llhttp_execute(&parser, head, sizeof(head) - 1) == HPE_OK);
    llhttp_errno_t error = llhttp_execute(&parser, (const char *)data, ours->used);
    if (witness.done) {
        GCN_ASSERT(witness.found == witness.len);
    } else {
        GCN_ASSERT(ours->extended && (error == HPE_STRICT || error == HPE_INVALID_CHUNK_SIZE));
    }
    gcn_free(body);
}

static void check_alike(const struct outcome *a, const struct outcome *b)
{
    GCN_ASSERT(a->refusal == b->refusal && a->done == b->done);
    if (a->refusal == GCN_REFUSE_NOTHING) {
        GCN_ASSERT(a->used == b->used && a->body.len == b->body.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_options options = take_options(&data, &size);
    struct outcome whole, cut;

    options.limits.body_memory_bytes = 1024 * 1024; /* files are slow, and not the subject */
    decode(&whole, data, size, size, &options.limits);
    for (size_t piece = 1; piece <= 7; piece += 3) {
        decode(&cut, data, size, piece, &options.limits);
        check_alike(&whole, &cut);
        gcn_body_finish(&cut.body);
    }
    GCN_ASSERT(whole.body.len <= options.limits.body_max_bytes);
    if (whole.done) {
        ask_llhttp(data, &whole);
    }
    gcn_body_finish(&whole.body);
    return 0;
}
