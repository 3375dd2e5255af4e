/* SPDX-License-Identifier: MIT */
/*
 * Reading a request's body until it is whole: left in the input buffer if it fits, else stored.
 */
#include "conn.h"

#include <string.h>
#include <sys/epoll.h>

#include <gcorn/base/mem.h>

enum {
    SCRATCH_BYTES = 64 * 1024,
    CHUNK_ROOM_MIN = 4 * 1024, /* reading chunked input in smaller steps is not worth it */
};

static struct gcn_slice input(const struct gcn_conn *conn)
{
    const struct gcn_inbuf *in = conn->in;
    return (struct gcn_slice){in->bytes + in->start + conn->consumed,
                              in->end - in->start - conn->consumed};
}

/* Send what is left of "100 Continue". */
static void push_continue(struct gcn_conn *conn)
{
    size_t sent;
    enum gcn_io io = gcn_out_send(&conn->out, conn->fd, GCN_PUSH_NOW, &sent);
    if (io == GCN_IO_ERROR) {
        gcn_out_clear(&conn->out); /* reading will find out why */
    }
}

/* RFC 9110 §10.1.1: the client waits for it before it sends the body. */
static void send_continue(struct gcn_conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    gcn_out_copy(&conn->out, text, sizeof(text) - 1);
    push_continue(conn);
}

/* Wait for more of the body, and for room if the kernel has not taken all of "100 Continue". */
static void want_more(struct gcn_conn *conn)
{
    if (GCN_LIKELY(gcn_out_is_empty(&conn->out))) {
        (void)!gcn_conn_want_input(conn);
    } else {
        (void)!gcn_conn_want(conn, EPOLLIN | EPOLLOUT);
    }
}

/*
 * The body is whole: the request is ready, and what is left of "100 Continue" goes before its
 * response.
 */
static void end(struct gcn_conn *conn)
{
    gcn_conn_ready(conn);
    if (GCN_UNLIKELY(conn->watch.interest & EPOLLOUT)) {
        gcn_conn_flush(conn);
    }
}

/* Some body bytes came: the deadline moves on, unless they come too slowly. */
static void note_progress(struct gcn_conn *conn)
{
    if (gcn_conn_is_behind(conn, conn->core->limits->body_timeout_us)) {
        gcn_conn_refuse(conn, GCN_REFUSE_BODY_TIMEOUT, (struct gcn_slice){NULL, 0});
        return;
    }
    gcn_conn_arm(conn, GCN_DEADLINE_BODY);
    want_more(conn);
}

static void refuse(struct gcn_conn *conn, enum gcn_refusal refusal)
{
    gcn_conn_refuse(conn, refusal, (struct gcn_slice){NULL, 0});
}

/* The whole body may stand in the input buffer by now. */
static void advance_inbuf(struct gcn_conn *conn)
{
    struct gcn_exchange *x = conn->x;
    struct gcn_slice bytes = input(conn);

    if (bytes.len < (size_t)x->req.head->content_length) {
        note_progress(conn);
        return;
    }
    bytes.len = (size_t)x->req.head->content_length;
    conn->consumed += (uint32_t)bytes.len;
    gcn_body_borrow(&x->req.body, bytes);
    end(conn);
}

/* `bytes` of a long body have come. */
static void store_direct(struct gcn_conn *conn, struct gcn_slice bytes)
{
    struct gcn_exchange *x = conn->x;

    conn->body_left -= (int64_t)bytes.len;
    enum gcn_refusal refusal = gcn_body_append(&x->req.body, bytes, x->req.head->content_length,
                                               conn->core->limits);
    if (refusal != GCN_REFUSE_NOTHING) {
        refuse(conn, refusal);
    } else if (conn->body_left == 0) {
        end(conn);
    } else {
        note_progress(conn);
    }
}

/*
 * The head's slices must outlive the moving of the input buffer: it gets a copy of its own, and the
 * buffer begins with the body.
 */
static void detach_head(struct gcn_conn *conn)
{
    struct gcn_exchange *x = conn->x;

    if (x->req.head->owned == NULL) {
        struct gcn_head *copy = gcn_head_copy(x->req.head);
        gcn_head_unref(x->req.head);
        x->req.head = copy;
    }
    conn->in->start += conn->consumed;
    conn->consumed = 0;
}

static void advance_chunked(struct gcn_conn *conn)
{
    struct gcn_slice bytes = input(conn);
    size_t used = 0;
    enum gcn_refusal refusal = gcn_chunked_feed(conn->chunked, bytes.ptr, bytes.len, &used,
                                                &conn->x->req.body, conn->core->limits);

    if (refusal != GCN_REFUSE_NOTHING) {
        refuse(conn, refusal);
        return;
    }
    if (conn->chunked->done) {
        conn->consumed += (uint32_t)used;
        end(conn);
        return;
    }
    conn->in->end -= (uint32_t)used; /* all of it: the decoder keeps what it needs */
    note_progress(conn);
}

static enum gcn_body_mode choose_mode(const struct gcn_conn *conn, const struct gcn_head *head)
{
    const struct gcn_inbuf *in = conn->in;

    if (head->chunked) {
        return GCN_BODY_CHUNKED;
    }
    bool fits = head->content_length <= (int64_t)(in->cap - in->start - conn->consumed);
    return fits ? GCN_BODY_INBUF : GCN_BODY_DIRECT;
}

static void begin_mode(struct gcn_conn *conn)
{
    struct gcn_slice rest = input(conn);

    switch ((enum gcn_body_mode)conn->body_mode) {
    case GCN_BODY_INBUF:
        advance_inbuf(conn);
        break;
    case GCN_BODY_DIRECT: /* longer than the buffer, so everything in it is body */
        conn->consumed += (uint32_t)rest.len;
        conn->body_left = conn->x->req.head->content_length;
        store_direct(conn, rest);
        break;
    case GCN_BODY_CHUNKED:
        conn->chunked = gcn_alloc_zero(1, sizeof(*conn->chunked));
        if (conn->in->cap - conn->in->end < CHUNK_ROOM_MIN) {
            detach_head(conn);
        }
        advance_chunked(conn);
        break;
    }
}

void gcn_conn_begin_body(struct gcn_conn *conn)
{
    const struct gcn_head *head = conn->x->req.head;

    if (head->content_length > conn->core->limits->body_max_bytes) {
        refuse(conn, GCN_REFUSE_BODY_LARGE);
        return;
    }
    conn->state = GCN_CONN_BODY;
    conn->paid_us = conn->core->loop->now_us;
    conn->body_mode = (uint8_t)choose_mode(conn, head);
    if (head->expect_continue && input(conn).len == 0) {
        send_continue(conn);
    }
    begin_mode(conn);
}

void gcn_conn_end_body(struct gcn_conn *conn)
{
    if (conn->chunked != NULL) {
        gcn_chunked_finish(conn->chunked);
        gcn_free(conn->chunked);
        conn->chunked = NULL;
    }
}

/* The client went away in the middle of its body: nobody is left to answer. */
static bool read_failed(struct gcn_conn *conn, enum gcn_io io)
{
    if (io == GCN_IO_OK) {
        return false;
    }
    if (io == GCN_IO_AGAIN) {
        want_more(conn);
    } else {
        gcn_conn_close(conn);
    }
    return true;
}

static void receive_direct(struct gcn_conn *conn)
{
    struct gcn_core *core = conn->core;
    size_t size = conn->body_left < SCRATCH_BYTES ? (size_t)conn->body_left : SCRATCH_BYTES;
    size_t done;

    if (core->scratch == NULL) {
        core->scratch = gcn_alloc(SCRATCH_BYTES);
    }
    if (!read_failed(conn, gcn_conn_read(conn, core->scratch, size, &done))) {
        core->bytes_in += done;
        gcn_conn_pay(conn, done);
        store_direct(conn, (struct gcn_slice){core->scratch, done});
    }
}

static void receive_inbuf(struct gcn_conn *conn)
{
    struct gcn_inbuf *in = conn->in;
    size_t done;

    if (conn->body_mode == GCN_BODY_CHUNKED && in->cap - in->end < CHUNK_ROOM_MIN) {
        detach_head(conn);
        conn->in = in = gcn_inbuf_widen(conn->core, in, CHUNK_ROOM_MIN);
    }
    if (read_failed(conn, gcn_conn_read(conn, in->bytes + in->end, in->cap - in->end, &done))) {
        return;
    }
    in->end += (uint32_t)done;
    conn->core->bytes_in += done;
    gcn_conn_pay(conn, done);
    if (conn->body_mode == GCN_BODY_CHUNKED) {
        advance_chunked(conn);
    } else {
        advance_inbuf(conn);
    }
}

void gcn_conn_receive_body(struct gcn_conn *conn)
{
    if (GCN_UNLIKELY(!gcn_out_is_empty(&conn->out))) {
        push_continue(conn);
    }
    if (conn->body_mode == GCN_BODY_DIRECT) {
        receive_direct(conn);
    } else {
        receive_inbuf(conn);
    }
}
