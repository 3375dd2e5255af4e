/* SPDX-License-Identifier: MIT */
/*
 * The fields that the app gives: which may pass, what they mean for the framing, and how they are
 * written.
 */
#include "response_private.h"

#include <assert.h>

#include <gcorn/base/die.h>
#include <gcorn/base/log.h>
#include <gcorn/base/parse.h>
#include <gcorn/log/notes.h>

#include "bytes.h"
#include "fieldmemo.h"

/* The lines that wait in the memo come first. */
static void write_repeated(struct gcn_response *res)
{
    struct gcn_slice lines = gcn_field_mark_take(&res->mark);

    gcn_out_copy(&res->out, lines.ptr, lines.len);
}

static void write_line(struct gcn_out *out, struct gcn_slice name, struct gcn_slice value)
{
    size_t len = gcn_field_line_len(name, value);

    gcn_field_line_write(gcn_out_reserve(out, len), name, value);
    gcn_out_add(out, len);
}

void gcn_response_put_line(struct gcn_response *res, struct gcn_slice name, struct gcn_slice value)
{
    write_repeated(res);
    write_line(&res->out, name, value);
}

/* A field of the app's that is good. `length`: the value of a Content-Length, else -1. */
static void put_field(struct gcn_response *res, struct gcn_slice name, struct gcn_slice value,
                      int64_t length)
{
    if (res->mark.memo == NULL || !gcn_field_mark_add(&res->mark, name, value, length)) {
        gcn_response_put_line(res, name, value);
        res->mark = (struct gcn_field_mark){0};
    }
}

static enum gcn_response_fault content_length(struct gcn_response *res, struct gcn_slice name,
                                              struct gcn_slice value)
{
    int64_t length;

    if (!gcn_parse_digits(value, &length) || (res->has_length && length != res->length)) {
        return GCN_RESPONSE_BAD_LENGTH;
    }
    if (res->has_length || gcn_status_has_no_length(res->status)) {
        return GCN_RESPONSE_OK;
    }
    res->has_length = true;
    res->length = res->left = length;
    if (res->status == 205 && length != 0) { /* RFC 9110 §15.3.6 */
        res->length = res->left = 0;
        value = GCN_SLICE("0");
    }
    put_field(res, name, value, res->length);
    return GCN_RESPONSE_OK;
}

enum special { ORDINARY, CONTENT_LENGTH, CONNECTION, UPGRADE, OURS, HOP_BY_HOP };

/* The fields that are not simply passed on. */
static const struct {
    struct gcn_slice name;
    enum special kind;
} specials[] = {
    {GCN_SLICE("content-length"), CONTENT_LENGTH},
    {GCN_SLICE("connection"), CONNECTION},
    {GCN_SLICE("upgrade"), UPGRADE},
    {GCN_SLICE("date"), OURS},
    {GCN_SLICE("server"), OURS},
    {GCN_SLICE("te"), HOP_BY_HOP},
    {GCN_SLICE("trailers"), HOP_BY_HOP},
    {GCN_SLICE("keep-alive"), HOP_BY_HOP},
    {GCN_SLICE("transfer-encoding"), HOP_BY_HOP},
    {GCN_SLICE("proxy-authenticate"), HOP_BY_HOP},
    {GCN_SLICE("proxy-authorization"), HOP_BY_HOP},
    {GCN_SLICE("proxy-connection"), HOP_BY_HOP},
};

/* The lengths of their names, a bit each: most names of apps have another. */
enum {
    SPECIAL_LENGTHS = 1 << 2 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 14 | 1 << 16 |
                      1 << 17 | 1 << 18 | 1 << 19,
    SPECIAL_LENGTH_MAX = 19,
};

/* `name` is a token. */
static enum special field_kind(struct gcn_slice name)
{
    if (name.len > SPECIAL_LENGTH_MAX || (SPECIAL_LENGTHS >> name.len & 1) == 0) {
        return ORDINARY;
    }
    for (size_t i = 0; i < GCN_COUNT(specials); i++) {
        if (gcn_bytes_match(name, specials[i].name.ptr, specials[i].name.len)) {
            return specials[i].kind;
        }
    }
    return ORDINARY;
}

/* `name` is the server's to send: note that the app gave it. */
static enum gcn_response_fault drop(struct gcn_response *res, struct gcn_slice name)
{
    for (size_t i = 0; i < GCN_COUNT(specials); i++) {
        if (gcn_slice_equal_nocase(name, specials[i].name)) {
            res->dropped |= (uint16_t)(1U << i);
        }
    }
    return GCN_RESPONSE_OK;
}

void gcn_response_tell_dropped(uint16_t dropped)
{
    static uint16_t told;

    static_assert(GCN_COUNT(specials) <= 16, "a bit each");
    for (size_t i = 0; i < GCN_COUNT(specials); i++) {
        uint16_t bit = (uint16_t)(1U << i);
        if ((dropped & bit) != 0 && (told & bit) == 0) {
            told |= bit; /* first: a logger in Python lets other threads come here */
            gcn_warn("the app sends the field %s, which is the server's: it is dropped, here and "
                     "in further responses",
                     specials[i].name.ptr);
        }
    }
}

static bool is_websocket(struct gcn_slice value)
{
    return gcn_slice_equal_nocase(value, GCN_SLICE("websocket"));
}

bool gcn_response_passes_on(struct gcn_slice name, struct gcn_slice value)
{
    enum special kind = field_kind(name);

    return kind == ORDINARY || kind == CONTENT_LENGTH ||
           (kind == UPGRADE && is_websocket(gcn_slice_trim(value)));
}

static enum gcn_response_fault connection(struct gcn_response *res, struct gcn_slice name,
                                          struct gcn_slice value)
{
    if (!gcn_slice_equal_nocase(value, GCN_SLICE("upgrade"))) {
        return drop(res, name);
    }
    res->upgrade = true;
    return GCN_RESPONSE_OK;
}

/* Nearly every response has these two; spelt so, they need no look at each of their bytes. */
static bool is_usual(struct gcn_slice name, enum special *kind)
{
    if (gcn_slice_equal(name, GCN_SLICE("Content-Type"))) {
        *kind = ORDINARY;
        return true;
    }
    *kind = CONTENT_LENGTH;
    return gcn_slice_equal(name, GCN_SLICE("Content-Length"));
}

static enum gcn_response_fault check_field(struct gcn_slice name, struct gcn_slice value,
                                           enum special *kind)
{
    if (!is_usual(name, kind)) {
        if (name.len == 0 || !gcn_bytes_are(name, GCN_BYTE_TOKEN)) {
            return GCN_RESPONSE_BAD_NAME;
        }
        *kind = field_kind(name);
    }
    return gcn_bytes_are_value(value) ? GCN_RESPONSE_OK : GCN_RESPONSE_BAD_VALUE;
}

static enum gcn_response_fault new_field(struct gcn_response *res, struct gcn_slice name,
                                         struct gcn_slice value)
{
    enum special kind;
    enum gcn_response_fault fault = check_field(name, value, &kind);
    if (fault != GCN_RESPONSE_OK) {
        return fault;
    }
    value = gcn_slice_trim(value);
    if (GCN_UNLIKELY(res->request_id.len > 0) &&
        gcn_slice_equal_nocase(name, GCN_SLICE("x-request-id"))) {
        return GCN_RESPONSE_OK; /* ours stands */
    }
    if (GCN_UNLIKELY(res->note_fields)) {
        gcn_note_add(&res->notes, GCN_ACCESS_RESPONSE, name, value);
    }
    switch (kind) {
    case CONTENT_LENGTH:
        return content_length(res, name, value);
    case CONNECTION:
        return connection(res, name, value);
    case UPGRADE:
        if (!is_websocket(value)) {
            return drop(res, name);
        }
        break;
    case OURS:
        return GCN_RESPONSE_OK;
    case HOP_BY_HOP:
        return drop(res, name);
    case ORDINARY:
        break;
    }
    put_field(res, name, value, -1);
    return GCN_RESPONSE_OK;
}

/* The field repeats what an earlier response had in its place: it needs no second look. */
static bool repeats(struct gcn_response *res, struct gcn_slice name, struct gcn_slice value)
{
    const struct gcn_memo_line *line = gcn_field_mark_find(&res->mark, name, value);

    if (line == NULL) {
        return false;
    }
    if (line->length >= 0) {
        if (res->has_length || res->status == 205 || gcn_status_has_no_length(res->status)) {
            return false;
        }
        res->has_length = true;
        res->length = res->left = line->length;
    }
    res->mark.n++;
    return true;
}

enum gcn_response_fault gcn_response_field(struct gcn_response *res, struct gcn_slice name,
                                           struct gcn_slice value)
{
    if (res->mark.memo == NULL && !res->no_memo && !res->note_fields && res->request_id.len == 0) {
        gcn_field_mark_begin(&res->mark, name, value);
    }
    return res->mark.memo != NULL && repeats(res, name, value) ? GCN_RESPONSE_OK
                                                              : new_field(res, name, value);
}

const char *gcn_response_fault_text(enum gcn_response_fault fault)
{
    switch (fault) {
    case GCN_RESPONSE_OK:
        return "no fault";
    case GCN_RESPONSE_BAD_STATUS:
        return "a status must be three digits, a blank and a reason, without control characters";
    case GCN_RESPONSE_BAD_NAME:
        return "a header name must be a token (RFC 9110 section 5.1)";
    case GCN_RESPONSE_BAD_VALUE:
        return "a header value must not contain control characters (RFC 9110 section 5.5)";
    case GCN_RESPONSE_BAD_LENGTH:
        return "Content-Length must be decimal digits, given once";
    }
    GCN_UNREACHABLE("every fault has its text");
}

enum gcn_response_fault gcn_response_early_hints(struct gcn_response *res,
                                                 const struct gcn_slice (*fields)[2], size_t n)
{
    if (!res->http11 || res->head_sent || res->gone) {
        return GCN_RESPONSE_OK;
    }
    for (size_t i = 0; i < n; i++) {
        enum special kind;
        enum gcn_response_fault fault = check_field(fields[i][0], fields[i][1], &kind);
        if (fault != GCN_RESPONSE_OK) {
            return fault;
        }
    }
    /* A head that start_response has begun stays where it is: another thread of the app may finish it
       while the sink waits for the client. */
    struct gcn_out out = {0};
    gcn_out_copy(&out, "HTTP/1.1 103 Early Hints\r\n", 26);
    for (size_t i = 0; i < n; i++) {
        /* What frames a message or belongs to the connection has no place here: a client would wait
           for a body of that length. RFC 9110 §8.6, §15.2. */
        if (field_kind(fields[i][0]) == ORDINARY) {
            write_line(&out, fields[i][0], gcn_slice_trim(fields[i][1]));
        }
    }
    gcn_out_copy(&out, "\r\n", 2);
    (void)!gcn_response_submit(res, &out);
    gcn_out_clear(&out);
    return GCN_RESPONSE_OK;
}
