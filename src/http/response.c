/* SPDX-License-Identifier: MIT */
/*
 * What the app says becomes bytes here: status and fields are checked and written straight into the
 * block that will be sent, behind a gap. When the head is complete, the lines that only the server
 * can know (status line, Server, Date, Connection, Transfer-Encoding) go into the end of the gap,
 * so that head and body are contiguous without having been copied twice.
 */
#include <gcorn/http/response.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/base/log.h>

#include "bytes.h"
#include "fieldmemo.h"
#include "response_private.h"
#include "server_lines.h"

enum {
    COPY_MAX = 4096, /* body bytes up to this are copied even if they could be referenced */
};

void gcn_response_init(struct gcn_response *res, struct gcn_sink *sink)
{
    /* In two pieces, and without the buffer at the end: compilers clear more than 80 bytes at once by
       an instruction that takes longer to begin than all of these stores. */
    memset(&res->out, 0,
           offsetof(struct gcn_response, status) - offsetof(struct gcn_response, out));
    memset(&res->status, 0,
           offsetof(struct gcn_response, status_line) - offsetof(struct gcn_response, status));
    res->sink = sink;
    res->server_name = "gcorn";
}

void gcn_response_finish(struct gcn_response *res)
{
    gcn_out_clear(&res->out);
    if (res->notes.ptr != NULL) {
        gcn_buf_finish(&res->notes);
    }
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The number of "200" or "200 OK", or 0. */
static int status_number(struct gcn_slice status)
{
    if (status.len < 3 || !is_digit(status.ptr[0]) || !is_digit(status.ptr[1]) ||
        !is_digit(status.ptr[2]) || (status.len > 3 && status.ptr[3] != ' ')) {
        return 0;
    }
    int number = (status.ptr[0] - '0') * 100 + (status.ptr[1] - '0') * 10 + (status.ptr[2] - '0');
    return number >= 100 ? number : 0;
}

/* RFC 9110 §6.4.1, §15.3.6: these never have content. */
static bool status_has_no_body(int status)
{
    return status < 200 || status == 204 || status == 205 || status == 304;
}

enum gcn_response_fault gcn_response_begin(struct gcn_response *res, struct gcn_slice status)
{
    GCN_ASSERT(!res->head_sent);
    int number = status_number(status);
    if (number == 0 || status.len > sizeof(res->status_line) - 2 || !gcn_bytes_are_value(status)) {
        return GCN_RESPONSE_BAD_STATUS;
    }
    gcn_out_clear(&res->out);
    gcn_out_reserve(&res->out, GCN_SERVER_LINES_BYTES);
    gcn_out_skip(&res->out, GCN_SERVER_LINES_BYTES);
    if (GCN_UNLIKELY(res->request_id.len > 0)) {
        gcn_response_put_line(res, GCN_SLICE("X-Request-ID"), res->request_id);
    }
    memcpy(res->status_line, status.ptr, status.len);
    res->status_len = (uint16_t)status.len;
    if (status.len == 3) { /* RFC 9112 §4: the blank stays without a reason */
        res->status_line[res->status_len++] = ' ';
    }
    res->begun = true;
    res->mark = (struct gcn_field_mark){0};
    res->notes.len = 0;
    res->status = number;
    res->no_body = res->head_only || status_has_no_body(number);
    res->has_length = res->upgrade = res->chunked = false;
    res->dropped = 0;
    res->length = res->left = 0;
    return GCN_RESPONSE_OK;
}

static void put_length(struct gcn_response *res)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)res->length);

    gcn_response_put_line(res, GCN_SLICE("Content-Length"), (struct gcn_slice){text, (size_t)len});
}

void gcn_response_set_length(struct gcn_response *res, int64_t length)
{
    if (res->has_length || res->head_sent || gcn_status_has_no_length(res->status) ||
        (res->no_body && res->status != 205 && length == 0)) {
        return;
    }
    res->has_length = true;
    res->length = res->left = res->status == 205 ? 0 : length;
    put_length(res);
}

bool gcn_response_keeps(const struct gcn_response *res)
{
    return res->may_keep && !res->failed && !res->upgrade &&
           (res->has_length || res->chunked || res->no_body) && res->status >= 200;
}

bool gcn_response_is_whole(const struct gcn_response *res)
{
    return res->ended || (res->has_length && res->left == 0);
}

/* The head is final: decide the framing and put the server's lines before the app's. */
static void finish_head(struct gcn_response *res)
{
    if (GCN_UNLIKELY(res->status == 205)) { /* has no content, but is framed as if it had: RFC 9112 §6.3 */
        gcn_response_set_length(res, 0);
    }
    res->head_sent = true;
    res->chunked = !res->has_length && !res->no_body && res->http11;
    gcn_server_lines_prepend(res);
    struct gcn_slice repeated = gcn_field_mark_take(&res->mark);
    char *at = gcn_out_reserve(&res->out, repeated.len + 2);
    if (repeated.len > 0) {
        memcpy(at, repeated.ptr, repeated.len);
    }
    memcpy(at + repeated.len, "\r\n", 2);
    gcn_out_add(&res->out, repeated.len + 2);
}

enum gcn_sink_result gcn_response_submit(struct gcn_response *res, struct gcn_out *out)
{
    if (!res->gone && res->sink->submit(res->sink, res, out) == GCN_SINK_GONE) {
        res->gone = true;
    }
    if (res->gone) {
        gcn_out_clear(out);
    }
    return res->gone ? GCN_SINK_GONE : GCN_SINK_OK;
}

/* How many of `len` body bytes may be sent. */
static size_t clip(struct gcn_response *res, size_t len)
{
    if (res->no_body) {
        return 0;
    }
    if (!res->has_length || (int64_t)len <= res->left) {
        return len;
    }
    return (size_t)res->left;
}

/*
 * Some of a write was clipped. Comes last in it: a logger in Python lets other threads run, and
 * where it is one of those that writes, the response may be over afterwards.
 */
static void warn_clipped(struct gcn_response *res)
{
    if (!res->no_body && !res->overrun) {
        res->overrun = true;
        gcn_warn("the app sends more than its Content-Length of %lld bytes: the rest is dropped",
                 (long long)res->length);
    }
}

static void put_chunk_size(struct gcn_response *res, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    char text[20];
    char *at = text + sizeof(text);

    *--at = '\n';
    *--at = '\r';
    do {
        *--at = digits[len & 15];
        len >>= 4;
    } while (len > 0);
    gcn_out_copy(&res->out, at, (size_t)(text + sizeof(text) - at));
}

static void put_body(struct gcn_response *res, struct gcn_slice bytes, void *owner,
                     void (*retain)(void *owner), void (*release)(void *owner))
{
    if (res->chunked) {
        put_chunk_size(res, bytes.len);
    }
    if (owner == NULL || bytes.len <= COPY_MAX) {
        gcn_out_copy(&res->out, bytes.ptr, bytes.len);
    } else {
        retain(owner);
        gcn_out_refer(&res->out, bytes.ptr, bytes.len, owner, release);
    }
    if (res->chunked) {
        gcn_out_copy(&res->out, "\r\n", 2);
    }
    res->left -= (int64_t)bytes.len;
    res->body_bytes += (int64_t)bytes.len;
}

enum gcn_sink_result gcn_response_write(struct gcn_response *res, struct gcn_slice bytes,
                                        enum gcn_flush flush, void *owner,
                                        void (*retain)(void *owner), void (*release)(void *owner))
{
    if (res->gone) {
        return GCN_SINK_GONE;
    }
    if (!res->head_sent) {
        finish_head(res);
    }
    size_t given = bytes.len;
    bytes.len = clip(res, given);
    if (bytes.len > 0) {
        put_body(res, bytes, owner, retain, release);
    }
    enum gcn_sink_result result =
        flush == GCN_FLUSH_NOW ? gcn_response_submit(res, &res->out) : GCN_SINK_OK;
    if (GCN_UNLIKELY(bytes.len < given)) {
        warn_clipped(res);
    }
    return result;
}

bool gcn_response_sendfile(struct gcn_response *res, int fd, off_t offset, int64_t len)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        return false;
    }
    if (!res->head_sent) {
        gcn_response_set_length(res, len);
        finish_head(res);
    }
    size_t fits = clip(res, (size_t)len);
    if (res->chunked && fits > 0) {
        put_chunk_size(res, fits);
    }
    if (fits > 0) {
        gcn_out_file(&res->out, copy, offset, fits);
    } else {
        close(copy);
    }
    if (res->chunked && fits > 0) {
        gcn_out_copy(&res->out, "\r\n", 2);
    }
    res->left -= (int64_t)fits;
    res->body_bytes += (int64_t)fits;
    if (fits < (size_t)len) {
        warn_clipped(res);
    }
    return true;
}

void gcn_response_end(struct gcn_response *res)
{
    GCN_ASSERT(res->begun && !res->ended);
    res->ended = true;
    if (!res->head_sent) {
        gcn_response_set_length(res, 0);
        finish_head(res);
    }
    if (res->chunked) {
        gcn_out_copy(&res->out, "0\r\n\r\n", 5);
    }
    if (res->has_length && res->left > 0 && !res->no_body && !res->gone) {
        gcn_error(
            "the app sent %lld bytes less than its Content-Length of %lld: the connection is cut",
            (long long)res->left, (long long)res->length);
        res->failed = true;
    }
    (void)!gcn_response_submit(res, &res->out);
}

void gcn_response_leave_alone(struct gcn_response *res)
{
    if (!res->ended) {
        gcn_out_clear(&res->out);
        res->left_alone = res->failed = res->ended = true;
        (void)!gcn_response_submit(res, &res->out);
    }
}

void gcn_response_fail(struct gcn_response *res, int status)
{
    char line[64];
    char page[128];

    if (res->head_sent) {
        res->failed = res->ended = true;
        (void)!gcn_response_submit(res, &res->out);
        return;
    }
    const char *reason = gcn_status_reason(status);
    int line_len = snprintf(line, sizeof(line), "%d %s", status, reason);
    int page_len = snprintf(page, sizeof(page), "%d %s\n", status, reason);
    struct gcn_slice body = {page, (size_t)page_len};
    enum gcn_response_fault fault =
        gcn_response_begin(res, (struct gcn_slice){line, (size_t)line_len});
    GCN_ASSERT(fault == GCN_RESPONSE_OK);
    res->may_keep = false;
    gcn_response_put_line(res, GCN_SLICE("Content-Type"), GCN_SLICE("text/plain; charset=utf-8"));
    gcn_response_set_length(res, page_len);
    if (gcn_response_write(res, body, GCN_FLUSH_LATER, NULL, NULL, NULL) == GCN_SINK_OK) {
        res->ended = true;
        (void)!gcn_response_submit(res, &res->out);
    }
    res->ended = true;
}
