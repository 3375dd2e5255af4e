/* SPDX-License-Identifier: MIT */
/*
 * Finds the end of a head and enforces the bounds while it is still arriving, so that nobody's head
 * is buffered beyond them. Looks for line ends only.
 */
#include <gcorn/http/head.h>

#include "bytes.h"

/* No head is larger than this, whatever product the limits allow: offsets are 32 bits wide. */
enum { HEAD_MAX_BYTES = 64 * 1024 * 1024 };

/* `end` is where the request line's CR belongs. */
static enum gcn_refusal finish_request_line(struct gcn_head_scan *scan, uint32_t end,
                                            const struct gcn_http_limits *limits)
{
    if (end > limits->request_line_bytes) {
        return GCN_REFUSE_REQUEST_LINE_LONG;
    }
    scan->lines = 1;
    return GCN_REFUSE_NOTHING;
}

/* A line that ends with the LF at `end` is the beginning or the continuation of a field. */
static enum gcn_refusal finish_field_line(struct gcn_head_scan *scan, const char *bytes,
                                          uint32_t end, const struct gcn_http_limits *limits)
{
    bool folded = gcn_is_blank(bytes[scan->line_start]) && scan->lines > 1;

    if (!folded) {
        if (scan->lines > limits->fields) {
            return GCN_REFUSE_FIELDS_MANY;
        }
        scan->field_start = scan->line_start;
        scan->lines++;
    }
    return end + 1 - scan->field_start > limits->field_bytes ? GCN_REFUSE_FIELD_LARGE
                                                             : GCN_REFUSE_NOTHING;
}

/* The last line has no LF yet and may already be too long. `len` bytes are there. */
static enum gcn_refusal judge_unfinished(const struct gcn_head_scan *scan, const char *bytes,
                                         uint32_t len, const struct gcn_http_limits *limits)
{
    if (scan->lines == 0) {
        /* One byte more than the limit may be the CR. */
        return len > limits->request_line_bytes + 1 ? GCN_REFUSE_REQUEST_LINE_LONG
                                                    : GCN_REFUSE_NOTHING;
    }
    if (len == scan->line_start || (len - scan->line_start == 1 && bytes[len - 1] == '\r')) {
        return GCN_REFUSE_NOTHING; /* nothing yet, or the CR of the empty line */
    }
    bool folded = gcn_is_blank(bytes[scan->line_start]) && scan->lines > 1;
    if (!folded && scan->lines > limits->fields) {
        return GCN_REFUSE_FIELDS_MANY;
    }
    uint32_t start = folded ? scan->field_start : scan->line_start;
    return len - start >= limits->field_bytes ? GCN_REFUSE_FIELD_LARGE : GCN_REFUSE_NOTHING;
}

/* The line from scan->line_start to the LF at `end`; *last if it is the empty one. */
static enum gcn_refusal finish_line(struct gcn_head_scan *scan, const char *bytes, uint32_t end,
                                    const struct gcn_http_limits *limits, bool *last)
{
    uint32_t start = scan->line_start;
    bool has_cr = end > start && bytes[end - 1] == '\r';
    enum gcn_refusal refusal;

    *last = scan->lines > 0 && has_cr && end - start == 1;
    if (*last) {
        return GCN_REFUSE_NOTHING;
    }
    if (end == start) {
        return GCN_REFUSE_BARE_LF;
    }
    refusal = scan->lines == 0 ? finish_request_line(scan, has_cr ? end - 1 : end, limits)
                               : finish_field_line(scan, bytes, end, limits);
    if (refusal == GCN_REFUSE_NOTHING && !has_cr) {
        refusal = GCN_REFUSE_BARE_LF;
    }
    scan->line_start = end + 1;
    return refusal;
}

enum gcn_refusal gcn_head_scan(struct gcn_head_scan *scan, const char *bytes, size_t len,
                               const struct gcn_http_limits *limits, size_t *head_len)
{
    const char *lf;

    *head_len = 0;
    if (scan->at == 0 && len > 0 && !gcn_byte_is(bytes[0], GCN_BYTE_TOKEN)) {
        return GCN_REFUSE_FIRST_BYTE;
    }
    size_t bound = len < HEAD_MAX_BYTES ? len : HEAD_MAX_BYTES;
    while (scan->at < bound && (lf = memchr(bytes + scan->at, '\n', bound - scan->at)) != NULL) {
        bool last;
        uint32_t end = (uint32_t)(lf - bytes);
        enum gcn_refusal refusal = finish_line(scan, bytes, end, limits, &last);
        scan->at = end + 1;
        if (refusal != GCN_REFUSE_NOTHING) {
            return refusal;
        }
        if (last) {
            *head_len = end + 1;
            return GCN_REFUSE_NOTHING;
        }
    }
    scan->at = (uint32_t)bound;
    if (bound == HEAD_MAX_BYTES) {
        return GCN_REFUSE_HEAD_LARGE;
    }
    return judge_unfinished(scan, bytes, (uint32_t)bound, limits);
}
