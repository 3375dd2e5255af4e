/* SPDX-License-Identifier: MIT */
/*
 * Sending responses and refusals, and what follows: keep, linger, close.
 */
#include "conn.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <gcorn/net/socket.h>

#include "date.h"

static void report(struct gcn_conn *conn, bool complete)
{
    struct gcn_core *core = conn->core;

    if (core->events.finished != NULL) {
        core->events.finished(core->events.context, &conn->x->req, &conn->x->res, complete);
    }
}

/* The peer learns from a reset that what it has is not the whole response. */
static void close_with_reset(struct gcn_conn *conn)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    gcn_conn_close(conn);
}

/*
 * RFC 9112 §9.6: closing a socket that has unread input resets the connection, and the reset can
 * overtake our response. So our side is closed first, and input is discarded until the peer has
 * closed its own or the linger time is over.
 */
static void linger(struct gcn_conn *conn)
{
    gcn_inbuf_give(conn->core, conn->in);
    conn->in = NULL;
    conn->state = GCN_CONN_LINGER;
    if (shutdown(conn->fd, SHUT_WR) < 0) {
        gcn_conn_close(conn);
        return;
    }
    gcn_conn_arm(conn, GCN_DEADLINE_LINGER);
    (void)!gcn_conn_want(conn, EPOLLIN);
}

/* The input buffer moves on behind the request that was answered. */
static void consume_request(struct gcn_conn *conn)
{
    if (conn->in == NULL) {
        return;
    }
    conn->in->start += conn->consumed;
    conn->consumed = 0;
    if (conn->in->start == conn->in->end) {
        gcn_inbuf_give(conn->core, conn->in);
        conn->in = NULL;
    }
}

static void keep(struct gcn_conn *conn)
{
    conn->state = GCN_CONN_HEAD;
    if (conn->in != NULL) {
        gcn_conn_advance(conn); /* pipelined: queues at most one request */
        return;
    }
    gcn_conn_arm(conn, conn->core->draining ? GCN_DEADLINE_LAST_CALL : GCN_DEADLINE_KEEPALIVE);
    (void)!gcn_conn_want_input(conn);
}

bool gcn_conn_has_input(const struct gcn_conn *conn)
{
    char byte;
    return recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/*
 * The client has said that it sends nothing more, and it has all of the response, if not in its
 * hands then in its system's. Some send an empty line behind a body, though.
 */
static bool may_close_at_once(const struct gcn_conn *conn, const struct gcn_request *req)
{
    return !req->head->keep_alive && !conn->slow &&
           (req->body.len == 0 || !gcn_conn_has_input(conn));
}

/* All of the response is sent, or will never be. */
static void end_response(struct gcn_conn *conn)
{
    const struct gcn_response *res = &conn->x->res;
    bool complete = !conn->gone && !res->failed && conn->answered == 0;
    bool kept = complete && gcn_response_keeps(res);
    bool at_once = !kept && may_close_at_once(conn, &conn->x->req);
    bool framed = res->chunked || res->has_length || res->no_body; /* the peer sees where it ends */
    bool answered = conn->answered != 0;
    bool reset = conn->gone || !(complete || framed || answered || res->left_alone);

    if (answered) { /* for the log: this is what the client got */
        conn->x->res.status = conn->answered;
        conn->x->res.body_bytes = conn->answered_bytes;
    }
    if (!res->left_alone) {
        report(conn, complete || answered);
    }
    gcn_conn_drop_exchange(conn);
    gcn_conn_allow_sent(conn);
    if (reset) {
        close_with_reset(conn);
        return;
    }
    consume_request(conn);
    if (kept) {
        keep(conn);
    } else if (at_once && conn->in == NULL) {
        gcn_conn_close(conn);
    } else {
        linger(conn);
    }
}

/* The executor may be waiting for its output to leave. */
static void tell_progress(struct gcn_conn *conn)
{
    struct gcn_core *core = conn->core;

    if (conn->state == GCN_CONN_RUNNING && core->events.progress != NULL) {
        core->events.progress(core->events.context, conn->x);
    }
}

static void sent_all(struct gcn_conn *conn)
{
    if (conn->state == GCN_CONN_RUNNING || conn->state == GCN_CONN_QUEUED) {
        gcn_timeq_remove(&conn->timer);
        if (conn->watch.registered && (conn->watch.interest & EPOLLOUT) != 0) {
            (void)!gcn_conn_want(conn, 0);
        }
        tell_progress(conn);
        return; /* the app goes on */
    }
    if (conn->refused) {
        linger(conn);
    } else {
        end_response(conn);
    }
}

void gcn_conn_lost(struct gcn_conn *conn)
{
    conn->gone = true;
    gcn_out_clear(&conn->out);
    gcn_timeq_remove(&conn->timer);
    gcn_loop_unwatch(conn->core->loop, &conn->watch, conn->fd);
    if (conn->state == GCN_CONN_QUEUED || conn->state == GCN_CONN_RUNNING) {
        tell_progress(conn);
        return; /* gcn_core_take or gcn_core_finish closes it */
    }
    if (conn->state == GCN_CONN_SENDING && !conn->refused) {
        end_response(conn);
    } else {
        gcn_conn_close(conn);
    }
}

/*
 * The client pays for its time with what it has taken since the last look, `sent` bytes ago. Not
 * with what the kernel takes from us: that is much at once, and then nothing until a third of it
 * has left. Returns the bytes.
 */
static size_t pay_for_taken(struct gcn_conn *conn, size_t sent)
{
    size_t before = conn->held + sent;

    conn->held = gcn_socket_held(conn->fd);
    size_t taken = before > conn->held ? before - conn->held : 0;
    gcn_conn_pay(conn, taken);
    return taken;
}

/* The socket is full. The deadline moves on with every byte, unless the client reads too slowly. */
static void wait_to_send(struct gcn_conn *conn, size_t sent)
{
    struct gcn_core *core = conn->core;

    if (conn->x != NULL && conn->state == GCN_CONN_SENDING) {
        conn->x->req.ended_us = 0; /* the request lasts until all is sent */
    }
    gcn_conn_allow_behind(conn, sent);
    (void)pay_for_taken(conn, sent);
    if (!gcn_timeq_is_queued(&conn->timer)) {
        conn->paid_us = core->loop->now_us;
    }
    if (gcn_conn_is_behind(conn, core->limits->send_timeout_us)) {
        gcn_conn_lost(conn);
        return;
    }
    if (sent > 0 || !gcn_timeq_is_queued(&conn->timer)) {
        gcn_conn_arm(conn, GCN_DEADLINE_SEND);
    }
    if (gcn_conn_want(conn, EPOLLOUT) && sent > 0) {
        tell_progress(conn);
    }
}

void gcn_conn_flush(struct gcn_conn *conn)
{
    size_t sent;
    bool later = gcn_conn_may_gather(conn);

    if (GCN_UNLIKELY(gcn_core_is_crowded(conn->core) || conn->allowance == GCN_ALLOW_LITTLE)) {
        gcn_conn_allow_to_send(conn);
    }
    enum gcn_io io =
        gcn_out_send(&conn->out, conn->fd, later ? GCN_PUSH_LATER : GCN_PUSH_NOW, &sent);

    if (later && io == GCN_IO_OK) {
        gcn_conn_gathered(conn);
    }
    conn->core->bytes_out += sent;
    switch (io) {
    case GCN_IO_OK:
        sent_all(conn);
        break;
    case GCN_IO_AGAIN:
        wait_to_send(conn, sent);
        break;
    case GCN_IO_EOF: /* a file that has become shorter than what was promised */
    case GCN_IO_ERROR:
        gcn_conn_lost(conn);
        break;
    }
}

void gcn_conn_responded(struct gcn_conn *conn)
{
    conn->state = GCN_CONN_SENDING;
    gcn_timeq_remove(&conn->timer);
    if (conn->gone || gcn_out_is_empty(&conn->out)) {
        end_response(conn);
    } else {
        gcn_conn_flush(conn);
    }
}

/*
 * A whole response of ours: small, plain, the connection closes. For HEAD without its body. Returns
 * the length of the body.
 */
static size_t put_page(struct gcn_conn *conn, int status, const char *text, bool head_only)
{
    const char *reason = gcn_status_reason(status);
    char head[384], body[192];
    int body_len = snprintf(body, sizeof(body), "%s: %s\n", reason, text);
    int head_len = snprintf(head, sizeof(head),
                            "HTTP/1.1 %d %s\r\nServer: %s\r\nDate: %s\r\nConnection: close\r\n"
                            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
                            status, reason, conn->core->limits->server_name, gcn_date_now(),
                            body_len);

    gcn_out_copy(&conn->out, head, (size_t)head_len);
    if (head_only) {
        return 0;
    }
    gcn_out_copy(&conn->out, body, (size_t)body_len);
    return (size_t)body_len;
}

static void report_refusal(struct gcn_conn *conn, enum gcn_refusal refusal,
                           struct gcn_slice culprit, size_t body_len)
{
    const struct gcn_inbuf *in = conn->in;
    struct gcn_core *core = conn->core;

    if (core->events.refused == NULL) {
        return;
    }
    const struct gcn_refused what = {
        .refusal = refusal,
        .peer = gcn_conn_client(conn),
        .culprit = culprit,
        .input = in == NULL ? (struct gcn_slice){NULL, 0}
                            : (struct gcn_slice){in->bytes + in->start, in->end - in->start},
        .req = conn->x == NULL ? NULL : &conn->x->req,
        .body_bytes = (int64_t)body_len,
    };
    core->events.refused(core->events.context, &what);
}

/*
 * RFC 9110 §9.3.2: no answer to HEAD has content, even if what follows the method is not
 * understood.
 */
static bool is_head_request(const struct gcn_conn *conn)
{
    const struct gcn_inbuf *in = conn->in;

    if (conn->x != NULL) {
        return conn->x->res.head_only;
    }
    return in != NULL && in->end - in->start >= 5 && memcmp(in->bytes + in->start, "HEAD ", 5) == 0;
}

void gcn_conn_refuse(struct gcn_conn *conn, enum gcn_refusal refusal, struct gcn_slice culprit)
{
    struct gcn_core *core = conn->core;

    core->refused++;
    const struct gcn_refusal_info *info = gcn_refusal_info(refusal);
    size_t body_len = put_page(conn, info->status, info->text, is_head_request(conn));
    report_refusal(conn, refusal, culprit, body_len);
    gcn_conn_set_silent(conn, false);
    gcn_timeq_remove(&conn->timer);
    gcn_conn_drop_exchange(conn);
    conn->refused = true;
    conn->state = GCN_CONN_SENDING;
    gcn_conn_flush(conn);
}

void gcn_conn_answer(struct gcn_conn *conn, int status)
{
    bool head_only = conn->x->res.head_only;

    conn->answered = (uint16_t)status;
    conn->answered_bytes =
        (uint32_t)put_page(conn, status, "the application did not answer in time", head_only);
    gcn_conn_flush(conn);
    if (!conn->gone) {
        shutdown(conn->fd, SHUT_WR);
    }
}

/* Nothing could be sent for so long. But the client may have read on of what the kernel holds. */
static void send_timed_out(struct gcn_conn *conn)
{
    if (pay_for_taken(conn, 0) == 0 ||
        gcn_conn_is_behind(conn, conn->core->limits->send_timeout_us)) {
        gcn_conn_lost(conn);
    } else {
        gcn_conn_arm(conn, GCN_DEADLINE_SEND);
    }
}

/* The last look before an idle connection is closed: a request may have come this very moment. */
static void keepalive_over(struct gcn_conn *conn)
{
    if (gcn_conn_has_input(conn)) {
        gcn_conn_arm(conn, GCN_DEADLINE_HEADER);
        gcn_conn_receive(conn);
    } else {
        gcn_conn_close(conn);
    }
}

void gcn_conn_timed_out(struct gcn_conn *conn, enum gcn_deadline deadline)
{
    struct gcn_slice nothing = {NULL, 0};

    switch (deadline) {
    case GCN_DEADLINE_HEADER:
        if (conn->in == NULL) {
            gcn_conn_close(conn); /* it never said anything */
        } else {
            gcn_conn_refuse(conn, GCN_REFUSE_HEADER_TIMEOUT, nothing);
        }
        break;
    case GCN_DEADLINE_BODY:
        gcn_conn_refuse(conn, GCN_REFUSE_BODY_TIMEOUT, nothing);
        break;
    case GCN_DEADLINE_SEND:
        send_timed_out(conn);
        break;
    case GCN_DEADLINE_LAST_CALL:
        if (conn->in != NULL) { /* its first request is on its way */
            gcn_conn_arm(conn, GCN_DEADLINE_HEADER);
            break;
        }
        keepalive_over(conn);
        break;
    case GCN_DEADLINE_KEEPALIVE:
        keepalive_over(conn);
        break;
    case GCN_DEADLINE_LINGER:
    case GCN_DEADLINE_COUNT:
        gcn_conn_close(conn);
        break;
    }
}
