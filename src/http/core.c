/* SPDX-License-Identifier: MIT */
/*
 * The core: accepting, the queue of complete requests, deadlines, draining.
 */
#include <gcorn/http/core.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>

#include "conn.h"
#include "headcache.h"

enum {
    PAUSE_US = 5 * 1000,   /* how long a connection is left to a sibling, or to a free descriptor */
    LOOKS_MAX = 16,        /* at connections that may rest, when every place is taken */
    ACCEPT_MOST = 16,      /* connections at an event */
    QUIET_US = 60 * 1000 * 1000, /* at the limit of descriptors, it is said once in that time */
    /* How long an idle connection is kept while draining: long enough for a request that a proxy is about
       to send, and not in the way of those who wait for us to leave. */
    LAST_CALL_US = 2 * 1000 * 1000,
};

static void on_listener(struct gcn_watch *watch, uint32_t events);

static void init_deadlines(struct gcn_core *core)
{
    const struct gcn_http_limits *limits = core->limits;
    const int64_t spans_us[GCN_DEADLINE_COUNT] = {
        [GCN_DEADLINE_HEADER] = limits->header_timeout_us,
        [GCN_DEADLINE_BODY] = limits->body_timeout_us,
        [GCN_DEADLINE_SEND] = limits->send_timeout_us,
        [GCN_DEADLINE_KEEPALIVE] = limits->keepalive_us,
        [GCN_DEADLINE_LINGER] = limits->linger_us,
        [GCN_DEADLINE_LAST_CALL] = LAST_CALL_US,
    };

    for (int i = 0; i < GCN_DEADLINE_COUNT; i++) {
        gcn_timeq_init(&core->deadlines[i], spans_us[i]);
    }
    gcn_timeq_init(&core->pauses, PAUSE_US);
    gcn_timeq_entry_init(&core->pause);
}

static void init_keepalive(struct gcn_core *core)
{
    int64_t seconds = core->limits->keepalive_us / 1000000;

    if (seconds > 0) {
        int len = snprintf(core->keepalive_text, sizeof(core->keepalive_text),
                           "Keep-Alive: timeout=%lld\r\n", (long long)seconds);
        core->keepalive = (struct gcn_slice){core->keepalive_text, (size_t)len};
    }
}

void gcn_core_init(struct gcn_core *core, struct gcn_loop *loop,
                   const struct gcn_http_limits *limits, struct gcn_core_listener *listeners,
                   uint32_t n_listeners)
{
    *core = (struct gcn_core){
        .loop = loop, .limits = limits, .listeners = listeners, .n_listeners = n_listeners};
    gcn_list_init(&core->ready);
    gcn_list_init(&core->conns);
    gcn_list_init(&core->free_exchanges);
    init_deadlines(core);
    init_keepalive(core);
    core->cache = gcn_headcache_create();
    for (uint32_t i = 0; i < n_listeners; i++) {
        listeners[i].core = core;
        listeners[i].watch = (struct gcn_watch){.fn = on_listener};
    }
}

static void stop_listening(struct gcn_core *core)
{
    for (uint32_t i = 0; i < core->n_listeners; i++) {
        gcn_loop_unwatch(core->loop, &core->listeners[i].watch, core->listeners[i].fd);
    }
    core->listening = false;
}

void gcn_core_finish_all(struct gcn_core *core)
{
    struct gcn_list *link;

    stop_listening(core);
    while ((link = gcn_list_first(&core->conns)) != NULL) {
        gcn_conn_close(GCN_CONTAINER_OF(link, struct gcn_conn, link));
    }
    while ((link = gcn_list_first(&core->free_exchanges)) != NULL) {
        gcn_list_remove(link);
        gcn_free(GCN_CONTAINER_OF(link, struct gcn_exchange, link));
    }
    gcn_inbuf_finish_all(core);
    gcn_headcache_destroy(core->cache);
    gcn_free(core->scratch);
    gcn_out_pool_finish();
    gcn_head_pool_finish();
    core->cache = NULL;
    core->scratch = NULL;
}

bool gcn_core_listen(struct gcn_core *core)
{
    for (uint32_t i = 0; i < core->n_listeners; i++) {
        struct gcn_core_listener *listener = &core->listeners[i];
        uint32_t interest = EPOLLIN | (listener->shared ? (uint32_t)EPOLLEXCLUSIVE : 0);
        if (!listener->watch.registered &&
            !gcn_loop_watch(core->loop, &listener->watch, listener->fd, interest)) {
            return false;
        }
    }
    core->listening = true;
    return true;
}

static bool is_full(const struct gcn_core *core)
{
    return core->n_conns >= core->limits->worker_connections;
}

/*
 * The connection that is missed least: it waits for its client and has waited longest. NULL if all
 * are at work, as far as a short look tells.
 */
static struct gcn_conn *find_resting(const struct gcn_core *core)
{
    static const enum gcn_deadline rests[] = {GCN_DEADLINE_LINGER, GCN_DEADLINE_KEEPALIVE,
                                              GCN_DEADLINE_HEADER};

    for (size_t i = 0; i < GCN_COUNT(rests); i++) {
        const struct gcn_list *list = &core->deadlines[rests[i]].list, *link = list->next;
        for (int looks = 0; link != list && looks < LOOKS_MAX; looks++, link = link->next) {
            struct gcn_timeq_entry *entry = GCN_CONTAINER_OF(link, struct gcn_timeq_entry, link);
            struct gcn_conn *conn = GCN_CONTAINER_OF(entry, struct gcn_conn, timer);
            if (rests[i] == GCN_DEADLINE_LINGER || !gcn_conn_has_input(conn)) {
                return conn;
            }
        }
    }
    return NULL;
}

static bool has_room(const struct gcn_core *core)
{
    return !is_full(core) || find_resting(core) != NULL;
}

/* Accept again if nothing speaks against it. */
static void resume_listening(struct gcn_core *core)
{
    if (core->listening || core->held || core->draining || !has_room(core) ||
        gcn_timeq_is_queued(&core->pause)) {
        return;
    }
    if (!gcn_core_listen(core)) {
        gcn_error_errno("cannot watch the listening sockets");
        gcn_timeq_push(&core->pauses, &core->pause, core->loop->now_us);
    }
}

void gcn_core_hold(struct gcn_core *core)
{
    core->held = true;
    if (core->listening) {
        stop_listening(core);
    }
}

void gcn_core_release(struct gcn_core *core)
{
    core->held = false;
    resume_listening(core);
}

static void pause_listening(struct gcn_core *core)
{
    stop_listening(core);
    gcn_timeq_push(&core->pauses, &core->pause, core->loop->now_us);
}

/* Out of descriptors or memory: the connection stays in the kernel's queue, and we say so once. */
static void accept_failed(struct gcn_core *core)
{
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) {
        return; /* somebody else took it, or the client has left already: accept(2) */
    }
    if (!core->no_descriptors && core->loop->now_us >= core->quiet_until_us) {
        core->quiet_until_us = core->loop->now_us + QUIET_US;
        gcn_error_errno("cannot accept a connection (%u are open): accepting rests until some are "
                        "closed; raise the limit of open files or lower worker_connections",
                        core->n_conns);
    }
    core->no_descriptors = true;
    pause_listening(core);
}

/* False if there was none. */
static bool accept_one(struct gcn_core_listener *listener)
{
    struct gcn_core *core = listener->core;
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
    } peer;
    socklen_t len = sizeof(peer);

    int fd = accept4(listener->fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        accept_failed(core);
        return false;
    }
    core->no_descriptors = false;
    struct gcn_conn *resting = GCN_UNLIKELY(is_full(core)) ? find_resting(core) : NULL;
    if (resting != NULL) {
        gcn_conn_close(resting);
    }
    struct gcn_conn *conn = gcn_conn_create(listener, fd, &peer.any);
    if (listener->shared) {
        gcn_conn_set_silent(conn, true);
    }
    gcn_conn_receive(conn);
    return true;
}

/*
 * How many connections to accept at an event. One: what a worker has not accepted, a sibling may.
 * But one that is alone and has as many kept connections to serve as it can would let new ones wait
 * for a turn of all of them, each.
 */
static int n_to_accept(const struct gcn_core *core)
{
    bool alone = core->events.may_accept == NULL;
    bool busy = core->loop->n_events > 1;

    return alone && busy ? ACCEPT_MOST : 1;
}

static bool may_accept(struct gcn_core *core)
{
    return core->events.may_accept == NULL || core->events.may_accept(core->events.context);
}

static void on_listener(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_core_listener *listener = GCN_CONTAINER_OF(watch, struct gcn_core_listener, watch);
    struct gcn_core *core = listener->core;

    (void)events;
    if (!may_accept(core)) {
        pause_listening(core);
        return;
    }
    if (GCN_UNLIKELY(!has_room(core))) {
        stop_listening(core);
        return;
    }
    for (int n = n_to_accept(core); n > 0 && has_room(core) && accept_one(listener); n--) {
    }
}

void gcn_core_accept_now(struct gcn_core *core)
{
    if (core->held || core->draining || !has_room(core)) {
        return;
    }
    if (!core->no_descriptors) {
        gcn_timeq_remove(&core->pause);
    }
    for (uint32_t i = 0; i < core->n_listeners && may_accept(core); i++) {
        (void)accept_one(&core->listeners[i]);
    }
    resume_listening(core);
}

static void prepare_response(struct gcn_core *core, struct gcn_exchange *x)
{
    struct gcn_response *res = &x->res;

    res->sink = core->sink;
    /*
     * With every place taken, connections that are kept would lock out those that wait to come in.
     */
    bool crowded = is_full(core);
    /*
     * What a client has sent already is answered, but one that never stops sending does not hold
     * us.
     */
    bool last = core->draining && !(x->more && core->loop->now_us < core->last_call_us);
    res->may_keep =
        x->req.head->keep_alive && core->limits->keepalive_us > 0 && !last && !crowded;
    res->keepalive = core->keepalive;
}

/*
 * Has the client sent something behind the request? The kernel is asked only while draining, when what
 * it has would be thrown away with the connection.
 */
static bool has_more(const struct gcn_conn *conn)
{
    return (conn->in != NULL && conn->in->end - conn->in->start > conn->consumed) ||
           (conn->core->draining && gcn_socket_has_bytes(conn->fd));
}

struct gcn_exchange *gcn_core_take(struct gcn_core *core)
{
    struct gcn_list *link;

    while ((link = gcn_list_first(&core->ready)) != NULL) {
        struct gcn_exchange *x = GCN_CONTAINER_OF(link, struct gcn_exchange, link);
        struct gcn_conn *conn = x->conn;
        gcn_list_remove(link);
        if (GCN_UNLIKELY(conn->gone || (core->lagging && gcn_conn_has_left(conn)))) {
            gcn_core_set_active(core, -1);
            gcn_conn_close(conn);
            continue;
        }
        conn->state = GCN_CONN_RUNNING;
        x->req.began_us = core->loop->now_us;
        x->more = has_more(conn);
        memset(&x->hand_over, 0, sizeof(x->hand_over));
        x->hand_over.unsent = conn->out.len;
        prepare_response(core, x);
        return x;
    }
    return NULL;
}

void gcn_core_queue_out(struct gcn_core *core, struct gcn_exchange *x, struct gcn_out *out)
{
    struct gcn_conn *conn = x->conn;

    (void)core;
    if (conn->gone || conn->answered != 0) {
        gcn_out_clear(out);
    } else {
        gcn_out_move(&conn->out, out);
    }
}

void gcn_core_send_out(struct gcn_core *core, struct gcn_exchange *x, struct gcn_out *out)
{
    bool waiting = !gcn_out_is_empty(&x->conn->out);

    gcn_core_queue_out(core, x, out);
    if (!waiting && !gcn_out_is_empty(&x->conn->out)) {
        gcn_conn_flush(x->conn);
    }
}

enum gcn_sink_result gcn_core_send(struct gcn_core *core, struct gcn_exchange *x,
                                   struct gcn_out *out)
{
    if (x->res.ended) {
        gcn_core_queue_out(core, x, out); /* gcn_core_finish sends it: it knows what comes after it */
    } else {
        gcn_core_send_out(core, x, out);
    }
    return x->conn->gone ? GCN_SINK_GONE : GCN_SINK_OK;
}

bool gcn_core_is_full(const struct gcn_core *core, const struct gcn_exchange *x)
{
    return !x->conn->gone && x->conn->out.len > core->limits->output_bytes;
}

void gcn_core_answer(struct gcn_core *core, struct gcn_exchange *x, int status)
{
    (void)core;
    gcn_conn_answer(x->conn, status);
}

void gcn_core_cut(struct gcn_core *core, struct gcn_exchange *x)
{
    (void)core;
    gcn_conn_lost(x->conn);
}

size_t gcn_core_unsent(const struct gcn_exchange *x)
{
    return x->conn->out.len;
}

bool gcn_core_is_gone(const struct gcn_exchange *x)
{
    return x->conn->gone;
}

void gcn_core_finish(struct gcn_core *core, struct gcn_exchange *x)
{
    core->requests++;
    gcn_core_set_active(core, -1);
    core->bytes_out += x->hand_over.sent;
    if (x->res.gone && x->conn->answered == 0) {
        x->conn->gone = true;
    }
    gcn_conn_responded(x->conn);
    if (GCN_UNLIKELY(!core->listening)) {
        if (!core->no_descriptors) { /* we rested because we were busy: that is over */
            gcn_timeq_remove(&core->pause);
        }
        resume_listening(core);
    }
}

static void expire_connections(struct gcn_core *core, enum gcn_deadline deadline)
{
    struct gcn_timeq_entry *entry;

    while ((entry = gcn_timeq_expire(&core->deadlines[deadline], core->loop->now_us)) != NULL) {
        gcn_conn_timed_out(GCN_CONTAINER_OF(entry, struct gcn_conn, timer), deadline);
    }
}

void gcn_core_expire(struct gcn_core *core)
{
    int64_t now_us = core->loop->now_us;

    for (int i = 0; i < GCN_DEADLINE_COUNT; i++) {
        expire_connections(core, (enum gcn_deadline)i);
    }
    (void)gcn_timeq_expire(&core->pauses, now_us);
    if (!core->listening) {
        resume_listening(core);
    }
}

int gcn_core_timeout_ms(const struct gcn_core *core)
{
    int64_t next_us = gcn_timeq_next_us(&core->pauses);

    for (int i = 0; i < GCN_DEADLINE_COUNT; i++) {
        int64_t other_us = gcn_timeq_next_us(&core->deadlines[i]);
        next_us = other_us < next_us ? other_us : next_us;
    }
    return next_us == INT64_MAX ? -1 : gcn_clock_wait_ms(next_us - core->loop->now_us);
}

/* Those that wait for a request do so a little longer, but not for their whole keep-alive time. */
static void make_last_call(struct gcn_core *core)
{
    int64_t latest_us = core->loop->now_us + LAST_CALL_US;

    for (struct gcn_list *link = core->conns.next; link != &core->conns; link = link->next) {
        struct gcn_conn *conn = GCN_CONTAINER_OF(link, struct gcn_conn, link);
        bool sooner = gcn_timeq_is_queued(&conn->timer) && conn->timer.deadline_us <= latest_us;
        if (conn->state == GCN_CONN_HEAD && conn->in == NULL && !sooner) {
            gcn_conn_arm(conn, GCN_DEADLINE_LAST_CALL);
        }
    }
}

void gcn_core_drain(struct gcn_core *core, bool serve_queue)
{
    if (core->draining) {
        return;
    }
    stop_listening(core);
    while (serve_queue) {
        uint64_t before = core->accepted;
        core->held = false;
        for (uint32_t i = 0; i < core->n_listeners; i++) {
            (void)accept_one(&core->listeners[i]);
        }
        serve_queue = core->accepted > before;
    }
    core->draining = true;
    core->last_call_us = core->loop->now_us + LAST_CALL_US;
    stop_listening(core);
    make_last_call(core);
}
