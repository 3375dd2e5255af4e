/* SPDX-License-Identifier: MIT */
/*
 * A connection and its states:
 *
 *     HEAD ──> BODY ──> QUEUED ──> RUNNING ──> SENDING ──> HEAD (kept) | LINGER | closed
 *      └────────────────^                         ^
 *      └──(refused)───────────────────────────────┘
 * HEAD     waits for a request or reads its head         deadline: keep-alive (draining: last call), then header
 * BODY     reads the body                                deadline: body
 * QUEUED   complete, in core->ready                      none
 * RUNNING  an executor has the exchange                  send, while output waits
 * SENDING  the app is done, output waits                 send
 * LINGER   we have closed our side and discard input     linger (RFC 9112 §9.6)
 */
#ifndef GCORN_HTTP_CONN_H
#define GCORN_HTTP_CONN_H

#include <sys/socket.h>

#include <gcorn/http/core.h>
#include <gcorn/http/proxyproto.h>

#include "inbuf.h"

enum gcn_conn_state {
    GCN_CONN_HEAD,
    GCN_CONN_BODY,
    GCN_CONN_QUEUED,
    GCN_CONN_RUNNING,
    GCN_CONN_SENDING,
    GCN_CONN_LINGER,
};

/* Where a body's bytes go while it is read. */
enum gcn_body_mode {
    GCN_BODY_INBUF,   /* it fits into the input buffer and stays there */
    GCN_BODY_DIRECT,  /* Content-Length, read into the core's scratch and stored */
    GCN_BODY_CHUNKED, /* decoded from the input buffer */
};

/* How much output the kernel may hold for a connection beyond what it can send: see allowance.c. */
enum gcn_allowance {
    GCN_ALLOW_USUAL, /* GCN_SOCKET_UNSENT_BYTES */
    GCN_ALLOW_ANY,   /* as much as it likes; counted in core->n_wide */
    GCN_ALLOW_LITTLE,
};

/* Lifetime: connection. Owned by the core's list; freed by gcn_conn_close. */
struct gcn_conn {
    struct gcn_watch watch;
    struct gcn_core *core;               /* borrowed */
    struct gcn_core_listener *listener;  /* borrowed */
    int fd;                              /* owned */
    uint8_t state;                       /* enum gcn_conn_state */
    uint8_t body_mode;                   /* enum gcn_body_mode; in BODY */
    bool trusted;    /* the peer is believed */
    bool silent;     /* part of core->silent */
    bool gone;       /* nothing can be sent any more; closed when the executor is done */
    bool is_proxy;   /* the peer may send a PROXY header, which has not been looked for yet */
    bool may_proxy;  /* … and is believed */
    uint16_t answered; /* the status of the page that we sent in the app's stead; 0: none */
    uint32_t answered_bytes; /* of its body */
    bool slow;       /* the client is behind with this response; in core->n_slow */
    uint8_t allowance; /* enum gcn_allowance */
    bool refused;    /* the response is a refusal of ours, without an exchange */
    bool unread;     /* the kernel may have more for us that it does not report by itself */
    uint32_t taken;  /* bytes that the client took of responses that had to wait, up to a bound */
    uint64_t n_requests;
    int64_t waited_us; /* how long the input of the next request lay in the kernel, if we asked */
    struct gcn_list link; /* in core->conns */
    struct gcn_timeq_entry timer;
    struct gcn_inbuf *in;    /* owned; NULL while there is no input */
    struct gcn_exchange *x;  /* owned; NULL between requests */
    struct gcn_head *hint;   /* one reference: the kept head that this connection sent last */
    struct gcn_head_scan scan;
    uint32_t consumed;       /* bytes of `in` from start on that belong to the current request */
    int64_t body_left;       /* DIRECT: still to come */
    int64_t paid_us;         /* the pace of a body or of a reader: see gcn_conn_pay */
    size_t held;             /* while the client is behind: what the kernel held for it when we looked */
    struct gcn_chunked *chunked; /* owned; CHUNKED */
    struct gcn_out out;
    struct gcn_proxy_header *proxy; /* owned; NULL unless a PROXY header came */
    struct gcn_endpoint peer;
};

/* A connection for the accepted socket `fd` (taken over) of `listener`; it is in core->conns. */
struct gcn_conn *gcn_conn_create(struct gcn_core_listener *listener, int fd,
                                 const struct sockaddr *peer);

/* Close at once and free. No executor may have its exchange. */
void gcn_conn_close(struct gcn_conn *conn);

/*
 * Read into `bytes` what is there, at most `size`, and note whether that was all. Results as those
 * of gcn_socket_read.
 */
GCN_MUST_CHECK enum gcn_io gcn_conn_read(struct gcn_conn *conn, void *bytes, size_t size,
                                         size_t *done);

/* Read what is there and go on as far as that gets us. */
void gcn_conn_receive(struct gcn_conn *conn);

/* Go on with what is in the input buffer: HEAD or BODY. */
void gcn_conn_advance(struct gcn_conn *conn);

/* Who sends: the socket's peer, or whom a PROXY header names. Lives as long as the connection. */
const struct gcn_endpoint *gcn_conn_client(const struct gcn_conn *conn);

/* Answer with the refusal's status and close. */
void gcn_conn_refuse(struct gcn_conn *conn, enum gcn_refusal refusal, struct gcn_slice culprit);

/* Send a page of `status` for the running exchange and close our side. */
void gcn_conn_answer(struct gcn_conn *conn, int status);

/* Something has come that was not read: closing now would reset the connection. A system call. */
bool gcn_conn_has_input(const struct gcn_conn *conn);

/* Its deadline has passed. */
void gcn_conn_timed_out(struct gcn_conn *conn, enum gcn_deadline deadline);

/* True if what is about to be sent completes a response and may be sent with others: gathered.c. */
bool gcn_conn_may_gather(const struct gcn_conn *conn);

/* The kernel has the last bytes of its response and waits for gcn_core_scatter. */
void gcn_conn_gathered(struct gcn_conn *conn);

/* It is closed: forget it. */
void gcn_conn_ungather(struct gcn_conn *conn);

enum { GCN_CONN_CROWD = 32 }; /* so many clients that are behind are more than a site usually has */

/* True while many clients are behind. */
static inline bool gcn_core_is_crowded(const struct gcn_core *core)
{
    return core->n_slow >= GCN_CONN_CROWD;
}

/*
 * Before sending while many clients are behind, or to one that was allowed little then: a client
 * that has not proved to read is allowed little, as long as there is a crowd.
 */
void gcn_conn_allow_to_send(struct gcn_conn *conn);

/*
 * The client has taken `sent` bytes and is behind: the first few may have all that they can take.
 */
void gcn_conn_allow_behind(struct gcn_conn *conn, size_t sent);

/* It has all of the response, or is about to be closed: its place is free for others. */
void gcn_conn_allow_sent(struct gcn_conn *conn);

/* Send what waits. */
void gcn_conn_flush(struct gcn_conn *conn);

/* The response is made: flush, and when all is sent keep or close. */
void gcn_conn_responded(struct gcn_conn *conn);

/* Nothing more can be sent; in QUEUED and RUNNING the executor finds out, else it is closed. */
void gcn_conn_lost(struct gcn_conn *conn);

/* Free what the current request holds: afterwards there is none. Harmless without one. */
void gcn_conn_drop_exchange(struct gcn_conn *conn);

/* Count it as one that has not sent its first request yet, or no longer. */
void gcn_conn_set_silent(struct gcn_conn *conn, bool silent);

/* `change` (1, -1) more requests are running or queued. */
static inline void gcn_core_set_active(struct gcn_core *core, int change)
{
    core->active += change;
    if (core->events.occupied != NULL) {
        core->events.occupied(core->events.context);
    }
}

/* Reading the body of the request in conn->x, whose head is parsed (conn_body.c). */
void gcn_conn_begin_body(struct gcn_conn *conn);
void gcn_conn_receive_body(struct gcn_conn *conn);
void gcn_conn_end_body(struct gcn_conn *conn);

/* The request is complete: queue it. */
void gcn_conn_ready(struct gcn_conn *conn);

/* Put the connection's one timer into `deadline`'s queue. */
static inline void gcn_conn_arm(struct gcn_conn *conn, enum gcn_deadline deadline)
{
    gcn_timeq_push(&conn->core->deadlines[deadline], &conn->timer, conn->core->loop->now_us);
}

enum { GCN_MIN_PACE = 256 }; /* bytes a second below which a body or a reader is given up */

/*
 * `bytes` have come or left, each of which pays for a part of a second. Time cannot be paid in
 * advance: a client that was fast at first has to go on.
 */
static inline void gcn_conn_pay(struct gcn_conn *conn, size_t bytes)
{
    int64_t now_us = conn->core->loop->now_us;
    int64_t paid_us = conn->paid_us + (int64_t)bytes * 1000000 / GCN_MIN_PACE;
    conn->paid_us = paid_us < now_us ? paid_us : now_us;
}

/* True if the client owes more than `grace_us`; 0: it may be as slow as it likes. */
static inline bool gcn_conn_is_behind(const struct gcn_conn *conn, int64_t grace_us)
{
    return grace_us > 0 && conn->core->loop->now_us - conn->paid_us > grace_us;
}

/* Register for `interest`; closes (or marks lost) and returns false if the kernel refuses. */
bool gcn_conn_want(struct gcn_conn *conn, uint32_t interest);

/*
 * Register for input. On TCP the edge is what counts: a connection whose event was handed out is
 * else looked at once more by the next epoll_wait, only to find that it has been read, and that is
 * some 2 % of a small request. A read that does not fill its buffer has taken all there was: what
 * comes later is a new edge. Where more may be left, the kernel is told again and reports it. Unix
 * sockets remain level- triggered: a short read says nothing there, as it stops at a message that
 * carries descriptors.
 */
bool gcn_conn_want_input(struct gcn_conn *conn);

/* True if the client of a queued request has left for good: see conn_gone.c. */
bool gcn_conn_has_left(struct gcn_conn *conn);

#endif
