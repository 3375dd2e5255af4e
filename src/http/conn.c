/* SPDX-License-Identifier: MIT */
/*
 * The connection's state machine: one function an event, each arm one call. Bodies are in
 * conn_body.c, sending and ending in conn_send.c.
 */
#include "conn.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/net/addr.h>

#include "headcache.h"

enum {
    EXCHANGES_KEPT = 64,
    READ_ROOM_MIN = 2048,
    LAG_US = 10 * 1000, /* a request that waited shorter than this did not wait */
    PROMPT_US = 1000,   /* so soon after one that had just come, none has waited for longer than that */
};

static void on_event(struct gcn_watch *watch, uint32_t events);

static void set_peer(struct gcn_conn *conn, const struct sockaddr *peer)
{
    conn->peer.is_unix = conn->listener->is_unix;
    if (!conn->peer.is_unix) {
        gcn_sockaddr_print(peer, conn->peer.host, conn->peer.port);
    }
}

struct gcn_conn *gcn_conn_create(struct gcn_core_listener *listener, int fd,
                                 const struct sockaddr *peer)
{
    struct gcn_core *core = listener->core;
    struct gcn_conn *conn = gcn_alloc_zero(1, sizeof(*conn));

    conn->watch.fn = on_event;
    conn->core = core;
    conn->listener = listener;
    conn->fd = fd;
    gcn_ownfd_add(fd);
    gcn_list_init(&conn->link);
    gcn_timeq_entry_init(&conn->timer);
    set_peer(conn, peer);
    conn->trusted = core->events.is_trusted != NULL &&
                    core->events.is_trusted(core->events.context, peer);
    conn->is_proxy = core->limits->proxy_protocol != GCN_PROXY_OFF;
    conn->may_proxy = conn->is_proxy && core->events.is_proxy != NULL &&
                      core->events.is_proxy(core->events.context, peer);
    gcn_list_push(&core->conns, &conn->link);
    core->n_conns++;
    core->accepted++;
    gcn_conn_arm(conn, GCN_DEADLINE_HEADER);
    return conn;
}

void gcn_conn_set_silent(struct gcn_conn *conn, bool silent)
{
    if (conn->silent != silent) {
        conn->silent = silent;
        conn->core->silent += silent ? 1 : -1;
        gcn_core_set_active(conn->core, 0);
    }
}

static struct gcn_exchange *exchange_take(struct gcn_core *core)
{
    struct gcn_list *link = gcn_list_first(&core->free_exchanges);

    if (link == NULL) {
        struct gcn_exchange *x = gcn_alloc(sizeof(*x));
        gcn_list_init(&x->link);
        return x;
    }
    gcn_list_remove(link);
    core->n_free_exchanges--;
    return GCN_CONTAINER_OF(link, struct gcn_exchange, link);
}

void gcn_conn_drop_exchange(struct gcn_conn *conn)
{
    struct gcn_exchange *x = conn->x;

    if (x == NULL) {
        return;
    }
    gcn_conn_end_body(conn);
    gcn_list_remove(&x->link);
    gcn_body_finish(&x->req.body);
    gcn_head_unref(x->req.head);
    gcn_response_finish(&x->res);
    conn->x = NULL;
    if (conn->core->n_free_exchanges >= EXCHANGES_KEPT) {
        gcn_free(x);
        return;
    }
    gcn_list_push(&conn->core->free_exchanges, &x->link);
    conn->core->n_free_exchanges++;
}

void gcn_conn_close(struct gcn_conn *conn)
{
    struct gcn_core *core = conn->core;

    gcn_conn_set_silent(conn, false);
    gcn_conn_ungather(conn);
    gcn_conn_allow_sent(conn);
    gcn_timeq_remove(&conn->timer);
    gcn_conn_drop_exchange(conn);
    gcn_out_clear(&conn->out);
    gcn_inbuf_give(core, conn->in);
    gcn_head_unref(conn->hint);
    gcn_free(conn->proxy);
    gcn_loop_unwatch(core->loop, &conn->watch, conn->fd);
    gcn_ownfd_close(conn->fd);
    gcn_list_remove(&conn->link);
    core->n_conns--;
    gcn_core_set_active(core, 0);
    gcn_free(conn);
}

bool gcn_conn_want(struct gcn_conn *conn, uint32_t interest)
{
    if (GCN_LIKELY(gcn_loop_watch(conn->core->loop, &conn->watch, conn->fd, interest))) {
        return true;
    }
    gcn_error_errno("cannot watch the connection from %s: it is closed", conn->peer.host);
    gcn_conn_lost(conn);
    return false;
}

bool gcn_conn_want_input(struct gcn_conn *conn)
{
    static const uint32_t edge = EPOLLIN | EPOLLPRI | EPOLLRDHUP | (uint32_t)EPOLLET;

    if (conn->unread) {
        conn->unread = false;
        gcn_watch_forget(&conn->watch);
    }
    return gcn_conn_want(conn, conn->listener->is_unix ? EPOLLIN : edge);
}

/* Nothing was consumed yet of a request: forget the empty buffer and wait for more. */
static void wait_for_input(struct gcn_conn *conn)
{
    if (conn->in != NULL && conn->in->start == conn->in->end) {
        gcn_inbuf_give(conn->core, conn->in);
        conn->in = NULL;
    }
    (void)!gcn_conn_want_input(conn);
}

static bool is_replaced(const struct gcn_conn *conn)
{
    return conn->proxy != NULL && conn->proxy->has_addresses;
}

const struct gcn_endpoint *gcn_conn_client(const struct gcn_conn *conn)
{
    return is_replaced(conn) ? &conn->proxy->source : &conn->peer;
}

static void set_client(const struct gcn_conn *conn, struct gcn_request *req)
{
    req->peer = gcn_conn_client(conn);
    req->proxy = is_replaced(conn) ? &conn->proxy->destination : NULL;
    req->proxy_protocol = conn->proxy != NULL ? conn->proxy->protocol : NULL;
}

/* The id that a trusted peer gave, or one of our own. */
static void set_id(struct gcn_request *req, const struct gcn_http_limits *limits)
{
    req->id = (struct gcn_slice){NULL, 0};
    if (GCN_LIKELY(!limits->request_id)) {
        return;
    }
    if (req->head->trusted) {
        req->id = gcn_head_find(req->head, "x-request-id");
    }
    if (!gcn_request_id_is_valid(req->id)) {
        gcn_request_id_make(req->id_bytes);
        req->id = (struct gcn_slice){req->id_bytes, sizeof(req->id_bytes)};
    }
}

static void init_request(struct gcn_conn *conn, struct gcn_exchange *x, struct gcn_head *head)
{
    struct gcn_core *core = conn->core;

    x->req.head = head;
    gcn_body_init(&x->req.body);
    set_client(conn, &x->req);
    x->req.local = &conn->listener->local;
    x->req.fd = conn->fd;
    x->req.tls = conn->listener->tls;
    x->req.number = ++conn->n_requests;
    x->req.ticket = 0;
    set_id(&x->req, core->limits);
    x->req.received_us = core->loop->now_us;
    x->req.kernel_us = conn->waited_us;
    x->req.ready_us = 0;
    x->req.began_us = 0;
    x->req.ended_us = 0;
    conn->waited_us = 0;
}

static void init_response(struct gcn_conn *conn, struct gcn_exchange *x)
{
    const struct gcn_http_limits *limits = conn->core->limits;
    const struct gcn_head *head = x->req.head;

    gcn_response_init(&x->res, conn->core->sink);
    x->res.server_name = limits->server_name;
    x->res.note_fields = limits->note_fields;
    x->res.request_id = x->req.id;
    /* RFC 9110 §2.5: our own version, not the client's. */
    x->res.http11 = gcn_head_is_http11(head);
    x->res.version_minor = x->res.http11;
    x->res.head_only = gcn_slice_equal(head->method, GCN_SLICE("HEAD"));
}

/* The first conn->consumed bytes of the input are `head` (a reference is given to us). */
static void begin_request(struct gcn_conn *conn, struct gcn_head *head)
{
    struct gcn_exchange *x = exchange_take(conn->core);

    x->conn = conn;
    conn->x = x;
    conn->scan = (struct gcn_head_scan){0};
    init_request(conn, x, head);
    init_response(conn, x);
    if (head->chunked || head->content_length > 0) {
        gcn_conn_begin_body(conn);
    } else {
        gcn_conn_ready(conn);
    }
}

static void set_hint(struct gcn_conn *conn, struct gcn_head *kept)
{
    if (conn->hint != kept) {
        gcn_head_unref(conn->hint);
        conn->hint = gcn_head_ref(kept);
    }
}

/* The input begins with a complete head of `len` bytes that is not conn->hint. */
static void take_head(struct gcn_conn *conn, const char *bytes, size_t len)
{
    struct gcn_headcache *cache = conn->core->cache;
    uint64_t hash = gcn_headcache_hash(cache, bytes, len);
    struct gcn_head *kept = gcn_headcache_find(cache, hash, bytes, len, conn->trusted);
    struct gcn_slice culprit = {NULL, 0};

    conn->consumed = (uint32_t)len;
    if (kept != NULL) {
        set_hint(conn, kept);
        begin_request(conn, gcn_head_ref(kept));
        return;
    }
    struct gcn_head *head = gcn_head_create();
    enum gcn_refusal refusal =
        gcn_head_parse(head, bytes, len, conn->core->limits, conn->trusted, &culprit);
    if (refusal != GCN_REFUSE_NOTHING) {
        gcn_conn_refuse(conn, refusal, culprit);
        gcn_head_unref(head);
        return;
    }
    kept = gcn_headcache_note(cache, hash, head);
    if (kept != NULL) {
        set_hint(conn, kept);
        gcn_head_unref(head);
        head = gcn_head_ref(kept);
    }
    begin_request(conn, head);
}

/* A head that repeats a recent one is recognised by its bytes alone, before it is searched. */
static struct gcn_head *find_repeated(struct gcn_conn *conn, const char *bytes, size_t len)
{
    if (gcn_headcache_fits(conn->hint, bytes, len, conn->trusted)) {
        return conn->hint;
    }
    struct gcn_head *latest = conn->core->cache->latest;
    return gcn_headcache_fits(latest, bytes, len, conn->trusted) ? latest : NULL;
}

static void need_more_head(struct gcn_conn *conn)
{
    if (conn->n_requests > 0 && conn->scan.at > 0 && !gcn_timeq_is_queued(&conn->timer)) {
        gcn_conn_arm(conn, GCN_DEADLINE_HEADER);
    }
    wait_for_input(conn);
}

static void advance_head(struct gcn_conn *conn)
{
    const char *bytes = conn->in->bytes + conn->in->start;
    size_t len = conn->in->end - conn->in->start;
    size_t head_len = 0;

    if (conn->scan.at == 0 && conn->n_requests > 0) { /* the keep-alive time is over, well */
        gcn_timeq_remove(&conn->timer);
    }
    struct gcn_head *repeated = find_repeated(conn, bytes, len);
    if (repeated != NULL) {
        conn->consumed = (uint32_t)repeated->raw.len;
        set_hint(conn, repeated);
        begin_request(conn, gcn_head_ref(repeated));
        return;
    }
    enum gcn_refusal refusal =
        gcn_head_scan(&conn->scan, bytes, len, conn->core->limits, &head_len);
    if (refusal != GCN_REFUSE_NOTHING) {
        gcn_conn_refuse(conn, refusal, (struct gcn_slice){bytes, len});
    } else if (head_len == 0) {
        need_more_head(conn);
    } else {
        take_head(conn, bytes, head_len);
    }
}

/* Looks for the PROXY header before the first request. True if the requests may begin. */
static bool pass_proxy_header(struct gcn_conn *conn)
{
    struct gcn_inbuf *in = conn->in;
    struct gcn_slice input = {in->bytes + in->start, in->end - in->start};
    struct gcn_proxy_header header;
    enum gcn_refusal refusal =
        gcn_proxy_parse(input, conn->core->limits->proxy_protocol, conn->may_proxy, &header);

    if (refusal != GCN_REFUSE_NOTHING) {
        gcn_conn_refuse(conn, refusal, input);
        return false;
    }
    if (header.state == GCN_PROXY_MORE) {
        wait_for_input(conn);
        return false;
    }
    conn->is_proxy = false;
    if (header.state == GCN_PROXY_DONE) {
        conn->proxy = gcn_alloc(sizeof(*conn->proxy));
        *conn->proxy = header;
        in->start += (uint32_t)header.used;
    }
    return true;
}

void gcn_conn_advance(struct gcn_conn *conn)
{
    if (GCN_UNLIKELY(conn->is_proxy) && conn->in != NULL && !pass_proxy_header(conn)) {
        return;
    }
    if (conn->in == NULL || conn->in->start == conn->in->end) {
        wait_for_input(conn);
    } else {
        advance_head(conn);
    }
}

/*
 * The first bytes of a request were read: ask how long they had been there, if that can be long. It
 * is a system call, so not while we keep up with our kept connections. Events come in the order in
 * which they happened: after one that did not wait, none has; what is not asked is less than the
 * ticks that the kernel counts in.
 */
static void note_wait(struct gcn_conn *conn)
{
    struct gcn_core *core = conn->core;
    bool kept = conn->n_requests > 0;

    if ((kept && !core->lagging) || conn->listener->is_unix ||
        (!kept && core->loop->now_us < core->prompt_until_us)) {
        return;
    }
    conn->waited_us = gcn_socket_waited_us(conn->fd);
    if (kept && conn->waited_us < LAG_US) {
        core->lagging = false;
    }
    if (conn->waited_us == 0) {
        core->prompt_until_us = core->loop->now_us + PROMPT_US;
    }
}

GCN_FLATTEN enum gcn_io gcn_conn_read(struct gcn_conn *conn, void *bytes, size_t size, size_t *done)
{
    enum gcn_io io = gcn_socket_read(conn->fd, bytes, size, done);

    if (io == GCN_IO_AGAIN) {
        conn->unread = false;
    } else if (*done == size) {
        conn->unread = true;
    }
    return io;
}

static inline void receive_head(struct gcn_conn *conn)
{
    struct gcn_core *core = conn->core;
    size_t done;

    if (conn->in == NULL) {
        conn->in = gcn_inbuf_take(core);
    } else if (conn->in->cap - conn->in->end < READ_ROOM_MIN) {
        conn->in = gcn_inbuf_widen(core, conn->in, READ_ROOM_MIN);
    }
    struct gcn_inbuf *in = conn->in;
    bool first = in->start == in->end;
    switch (gcn_conn_read(conn, in->bytes + in->end, in->cap - in->end, &done)) {
    case GCN_IO_OK:
        in->end += (uint32_t)done;
        core->bytes_in += done;
        if (first) {
            note_wait(conn);
        }
        gcn_conn_advance(conn);
        break;
    case GCN_IO_AGAIN:
        wait_for_input(conn);
        break;
    case GCN_IO_EOF: /* between requests, or a head that will never be complete: nothing to answer */
    case GCN_IO_ERROR:
        gcn_conn_close(conn);
        break;
    }
}

void gcn_conn_receive(struct gcn_conn *conn)
{
    if (conn->state == GCN_CONN_HEAD) {
        receive_head(conn);
    } else {
        gcn_conn_receive_body(conn);
    }
}

void gcn_conn_ready(struct gcn_conn *conn)
{
    struct gcn_core *core = conn->core;

    gcn_timeq_remove(&conn->timer);
    conn->state = GCN_CONN_QUEUED;
    conn->x->req.ready_us = core->loop->now_us;
    gcn_list_push(&core->ready, &conn->x->link);
    conn->core->silent -= conn->silent ? 1 : 0;
    conn->silent = false;
    gcn_core_set_active(core, 1);
    gcn_loop_yield(core->loop);
}

/* Input, or the end of it, while a request is in progress: it waits in the kernel. */
static void busy_event(struct gcn_conn *conn, uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP)) {
        gcn_conn_lost(conn);
    } else if (events & EPOLLOUT) {
        gcn_conn_flush(conn);
    } else {
        (void)!gcn_conn_want(conn, gcn_out_is_empty(&conn->out) ? 0 : EPOLLOUT);
    }
}

static void discard_input(struct gcn_conn *conn)
{
    char scrap[16 * 1024];
    size_t done;
    enum gcn_io io = gcn_socket_read(conn->fd, scrap, sizeof(scrap), &done);

    if (io == GCN_IO_EOF || io == GCN_IO_ERROR) {
        gcn_conn_close(conn);
    }
}

static void on_event(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_conn *conn = GCN_CONTAINER_OF(watch, struct gcn_conn, watch);

    switch ((enum gcn_conn_state)conn->state) {
    case GCN_CONN_HEAD:
    case GCN_CONN_BODY:
        /* The end of input, or bytes behind urgent ones, are not told twice. */
        conn->unread = (events & ~(uint32_t)EPOLLIN) != 0;
        gcn_conn_receive(conn);
        break;
    case GCN_CONN_QUEUED:
    case GCN_CONN_RUNNING:
    case GCN_CONN_SENDING:
        busy_event(conn, events);
        break;
    case GCN_CONN_LINGER:
        discard_input(conn);
        break;
    }
}
