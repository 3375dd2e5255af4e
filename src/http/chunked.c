/* SPDX-License-Identifier: MIT */
/*
 * Decodes a chunked body, strictly. Not llhttp's business, because packages of it differ in what
 * they let pass in a size line; the tests hold this decoder to accept nothing that llhttp reads as
 * another body.
 *
 *   SIZE ──';'──> EXT_NAME ──'='──> EXT_VALUE ──'"'──> QUOTED ⇄ QUOTED_PAIR
 *     │              │                  │                 └──'"'──> QUOTED_END
 *     └──────CR──────┴──────────────────┴──> SIZE_LF ──> DATA ──> DATA_CR ──> DATA_LF ──> SIZE
 *                                               └ size 0 ──> TRAILER (until the empty line)
 */
#include <gcorn/http/body.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/parse.h>

#include "bytes.h"
#include "policy.h"

enum {
    SIZE_DIGITS_MAX = 16,            /* leading zeros are padding: bounded like the rest */
    EXTENSION_BYTES_MAX = 16 * 1024, /* a body's, in all: nobody uses them but to waste our time */
};

enum state {
    STATE_SIZE,
    STATE_EXT_NAME_START,
    STATE_EXT_NAME,
    STATE_EXT_VALUE_START,
    STATE_EXT_VALUE,
    STATE_QUOTED,
    STATE_QUOTED_PAIR,
    STATE_QUOTED_END,
    STATE_SIZE_LF,
    STATE_DATA,
    STATE_DATA_CR,
    STATE_DATA_LF,
    STATE_TRAILER,
};

void gcn_chunked_finish(struct gcn_chunked *chunked)
{
    gcn_free(chunked->line);
    chunked->line = NULL;
    chunked->line_len = chunked->line_cap = 0;
}

static enum gcn_refusal feed_size(struct gcn_chunked *chunked, char byte)
{
    if (gcn_byte_is(byte, GCN_BYTE_HEX)) {
        if (chunked->size_digits == SIZE_DIGITS_MAX) {
            return GCN_REFUSE_CHUNK;
        }
        chunked->size_digits++;
        chunked->left = chunked->left << 4 | (unsigned)gcn_hex_digit(byte);
        return GCN_REFUSE_NOTHING;
    }
    if (chunked->size_digits == 0 || (byte != '\r' && byte != ';')) {
        return GCN_REFUSE_CHUNK;
    }
    chunked->state = byte == '\r' ? STATE_SIZE_LF : STATE_EXT_NAME_START;
    return GCN_REFUSE_NOTHING;
}

/* A byte of chunk-ext. RFC 9112 §7.1.1, without the bad whitespace. */
static enum gcn_refusal feed_extension(struct gcn_chunked *chunked, char byte)
{
    bool token = gcn_byte_is(byte, GCN_BYTE_TOKEN);
    int next = -1;

    if (++chunked->extension_bytes > EXTENSION_BYTES_MAX) {
        return GCN_REFUSE_CHUNK_EXTENSION_LARGE;
    }
    switch (chunked->state) {
    case STATE_EXT_NAME_START:
    case STATE_EXT_VALUE_START:
        next = token ? chunked->state + 1 : -1;
        if (byte == '"' && chunked->state == STATE_EXT_VALUE_START) {
            next = STATE_QUOTED;
        }
        break;
    case STATE_QUOTED:
        next = byte == '"' ? STATE_QUOTED_END : byte == '\\' ? STATE_QUOTED_PAIR : STATE_QUOTED;
        next = gcn_byte_is(byte, GCN_BYTE_VALUE) ? next : -1;
        break;
    case STATE_QUOTED_PAIR:
        next = gcn_byte_is(byte, GCN_BYTE_VALUE) ? STATE_QUOTED : -1;
        break;
    default: /* EXT_NAME, EXT_VALUE, QUOTED_END: goes on, or ends here */
        if (token && chunked->state != STATE_QUOTED_END) {
            next = chunked->state;
        } else if (byte == '=' && chunked->state == STATE_EXT_NAME) {
            next = STATE_EXT_VALUE_START;
        } else if (byte == ';' || byte == '\r') {
            next = byte == ';' ? STATE_EXT_NAME_START : STATE_SIZE_LF;
        }
    }
    if (next < 0) {
        return GCN_REFUSE_CHUNK_EXTENSION;
    }
    chunked->state = next;
    return GCN_REFUSE_NOTHING;
}

/* The size line is complete. */
static enum gcn_refusal feed_size_lf(struct gcn_chunked *chunked, char byte,
                                     const struct gcn_body *body,
                                     const struct gcn_http_limits *limits)
{
    if (byte != '\n') {
        return GCN_REFUSE_CHUNK;
    }
    /* Before the data comes: a size beyond the limit is not waited for. */
    if (chunked->left > (uint64_t)(limits->body_max_bytes - body->len)) {
        return GCN_REFUSE_BODY_LARGE;
    }
    chunked->state = chunked->left > 0 ? STATE_DATA : STATE_TRAILER;
    return GCN_REFUSE_NOTHING;
}

static enum gcn_refusal feed_data_end(struct gcn_chunked *chunked, char byte)
{
    if (byte != (chunked->state == STATE_DATA_CR ? '\r' : '\n')) {
        return GCN_REFUSE_CHUNK_END;
    }
    if (chunked->state == STATE_DATA_LF) {
        chunked->state = STATE_SIZE;
        chunked->size_digits = 0;
    } else {
        chunked->state = STATE_DATA_LF;
    }
    return GCN_REFUSE_NOTHING;
}

/* The line without its LF. An empty one ends the body. */
static enum gcn_refusal finish_trailer(struct gcn_chunked *chunked,
                                       const struct gcn_http_limits *limits)
{
    uint32_t len = chunked->line_len;

    chunked->line_len = 0;
    if (len == 0 || chunked->line[len - 1] != '\r') {
        return GCN_REFUSE_TRAILER;
    }
    if (len == 1) {
        chunked->done = true;
        return GCN_REFUSE_NOTHING;
    }
    if (++chunked->trailers > limits->fields) {
        return GCN_REFUSE_TRAILER_LARGE;
    }
    return gcn_policy_trailer((struct gcn_slice){chunked->line, len - 1});
}

/* Take bytes up to the end of a trailer line; *used says how many. */
static enum gcn_refusal feed_trailer(struct gcn_chunked *chunked, const char *bytes, size_t len,
                                     size_t *used, const struct gcn_http_limits *limits)
{
    size_t part = gcn_slice_index((struct gcn_slice){bytes, len}, '\n');
    bool whole = part < len;

    *used = whole ? part + 1 : part;
    if (chunked->line_len + part + 1 > limits->field_bytes && chunked->line_len + part > 1) {
        return GCN_REFUSE_TRAILER_LARGE;
    }
    if (chunked->line_len + part > chunked->line_cap) {
        chunked->line_cap = 2 * (chunked->line_len + (uint32_t)part);
        chunked->line = gcn_realloc(chunked->line, chunked->line_cap);
    }
    if (part > 0) {
        memcpy(chunked->line + chunked->line_len, bytes, part);
        chunked->line_len += (uint32_t)part;
    }
    return whole ? finish_trailer(chunked, limits) : GCN_REFUSE_NOTHING;
}

static enum gcn_refusal feed_data(struct gcn_chunked *chunked, const char *bytes, size_t len,
                                  size_t *used, struct gcn_body *body,
                                  const struct gcn_http_limits *limits)
{
    *used = chunked->left < len ? (size_t)chunked->left : len;
    chunked->left -= *used;
    if (chunked->left == 0) {
        chunked->state = STATE_DATA_CR;
    }
    return gcn_body_append(body, (struct gcn_slice){bytes, *used}, -1, limits);
}

/* Take at least one byte of `bytes`; *used says how many. */
static enum gcn_refusal step(struct gcn_chunked *chunked, struct gcn_slice bytes, size_t *used,
                             struct gcn_body *body, const struct gcn_http_limits *limits)
{
    *used = 1;
    switch ((enum state)chunked->state) {
    case STATE_SIZE:
        return feed_size(chunked, *bytes.ptr);
    case STATE_EXT_NAME_START:
    case STATE_EXT_NAME:
    case STATE_EXT_VALUE_START:
    case STATE_EXT_VALUE:
    case STATE_QUOTED:
    case STATE_QUOTED_PAIR:
    case STATE_QUOTED_END:
        return feed_extension(chunked, *bytes.ptr);
    case STATE_SIZE_LF:
        return feed_size_lf(chunked, *bytes.ptr, body, limits);
    case STATE_DATA:
        return feed_data(chunked, bytes.ptr, bytes.len, used, body, limits);
    case STATE_DATA_CR:
    case STATE_DATA_LF:
        return feed_data_end(chunked, *bytes.ptr);
    case STATE_TRAILER:
        return feed_trailer(chunked, bytes.ptr, bytes.len, used, limits);
    }
    GCN_UNREACHABLE("the switch is complete");
}

enum gcn_refusal gcn_chunked_feed(struct gcn_chunked *chunked, const char *bytes, size_t len,
                                  size_t *used, struct gcn_body *body,
                                  const struct gcn_http_limits *limits)
{
    *used = 0;
    while (*used < len && !chunked->done) {
        size_t taken;
        enum gcn_refusal refusal =
            step(chunked, (struct gcn_slice){bytes + *used, len - *used}, &taken, body, limits);
        if (refusal != GCN_REFUSE_NOTHING) {
            return refusal;
        }
        *used += taken;
    }
    if (chunked->done) {
        gcn_chunked_finish(chunked);
    }
    return GCN_REFUSE_NOTHING;
}
