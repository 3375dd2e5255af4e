/* SPDX-License-Identifier: MIT */
/*
 * The worker's I/O core and its place among its siblings.
 *
 * Connections wait in the kernel's queue until a worker with a free executor takes one. The kernel
 * wakes one sleeping worker a connection (EPOLLEXCLUSIVE), always the same if it can, and a worker
 * accepts one, reads it and runs its request before it accepts the next. Who takes a connection
 * when several are free is decided by share.c; a worker that leaves one to a sibling wakes it.
 */
#include "serve.h"

#include <string.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/config/settings.h>
#include <gcorn/http/trust.h>
#include <gcorn/log/access.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/log/statsd.h>
#include <gcorn/net/listener.h>
#include <gcorn/python/logger.h>

#include "access.h"
#include "deadline.h"
#include "recycle.h"
#include "share.h"

enum { LOG_LOOK_MS = 250 }; /* between two looks at whether log lines that wait are taken */

/* True if both have the same listening sockets: not while a reload changes them. */
static bool shares_sockets(const struct gcn_slot *a, const struct gcn_slot *b)
{
    return gcn_slot_peek(&a->sockets) == gcn_slot_peek(&b->sockets);
}

static bool may_accept(void *context)
{
    struct gcn_serve *serve = context;
    const struct gcn_worker *worker = serve->worker;
    bool hesitated = serve->hesitates;
    const struct gcn_slot *sibling;
    enum gcn_share share = gcn_share_decide(worker->board, worker->slot,
                                            worker->limits.worker_connections, &sibling);

    serve->hesitates = share == GCN_SHARE_HESITATE && !hesitated;
    if (share == GCN_SHARE_LEAVE) {
        gcn_slot_poke(sibling);
    }
    return share == GCN_SHARE_TAKE || (share == GCN_SHARE_HESITATE && hesitated);
}

static void publish(void *context)
{
    struct gcn_serve *serve = context;
    struct gcn_slot *slot = serve->worker->slot;

    atomic_store_explicit(&slot->load, serve->core.active, memory_order_relaxed);
    atomic_store_explicit(&slot->silent, serve->core.silent, memory_order_relaxed);
    atomic_store_explicit(&slot->connections, serve->core.n_conns, memory_order_relaxed);
}

static bool is_trusted(void *context, const struct sockaddr *peer)
{
    const struct gcn_serve *serve = context;
    return gcn_trust_has(&serve->worker->forwarders, peer);
}

static bool is_proxy(void *context, const struct sockaddr *peer)
{
    const struct gcn_serve *serve = context;
    return gcn_trust_has(&serve->worker->proxies, peer);
}

static void on_refused(void *context, const struct gcn_refused *what)
{
    struct gcn_serve *serve = context;

    gcn_refusals_log(&serve->refusals, what->peer, what->refusal, what->culprit,
                     serve->core.loop->now_us);
    if (serve->worker->start->access != NULL) {
        gcn_access_log_refused(serve->worker->start->access, what, serve->core.loop->now_us);
    }
}

static void on_finished(void *context, const struct gcn_request *req,
                        const struct gcn_response *res, bool complete)
{
    struct gcn_serve *serve = context;
    struct gcn_access *access = serve->worker->start->access;
    int64_t ended_us = req->ended_us != 0 ? req->ended_us : serve->core.loop->now_us;

    if (access != NULL) {
        gcn_access_log_finished(access, req, res, ended_us - req->began_us, complete);
    }
    gcn_statsd_request(res->status, ended_us - req->began_us);
}

static void init_listeners(struct gcn_serve *serve)
{
    const struct gcn_worker_start *start = serve->worker->start;

    serve->listeners = gcn_alloc_zero(start->n_listeners, sizeof(*serve->listeners));
    for (uint32_t i = 0; i < start->n_listeners; i++) {
        const struct gcn_listener *from = &start->listeners[i];
        struct gcn_core_listener *to = &serve->listeners[i];
        to->fd = from->fd;
        to->is_unix = from->is_unix;
        to->local.is_unix = from->is_unix;
        to->local.path = from->is_unix ? from->addr.path : NULL;
        memcpy(to->local.host, from->host, sizeof(to->local.host));
        memcpy(to->local.port, from->port, sizeof(to->local.port));
    }
}

/* A sibling from `from` on that serves our sockets, too; NULL: there is none. */
static const struct gcn_slot *next_sibling(const struct gcn_worker *worker, uint32_t from)
{
    for (uint32_t i = from; i < worker->board->n_slots; i++) {
        const struct gcn_slot *slot = &worker->board->slots[i];
        if (slot != worker->slot && gcn_slot_serves(slot) && shares_sockets(slot, worker->slot)) {
            return slot;
        }
    }
    return NULL;
}

/*
 * With one worker there is nothing to be shared, unless TTIN has brought another or one replaces
 * it.
 */
static bool is_alone(const struct gcn_worker *worker)
{
    return worker->settings->workers <= 1 && next_sibling(worker, 0) == NULL;
}

static void set_alone(struct gcn_serve *serve, bool alone)
{
    struct gcn_core *core = &serve->core;

    serve->alone = alone;
    core->events.may_accept = alone ? NULL : may_accept;
    core->events.occupied = alone ? NULL : publish;
    for (uint32_t i = 0; i < core->n_listeners; i++) {
        core->listeners[i].shared = !alone;
    }
    publish(serve);
}

/* Have siblings look who is there: they have set up for being alone, or not, as things were. */
static void tell_siblings(const struct gcn_worker *worker)
{
    const struct gcn_slot *slots = worker->board->slots, *slot;
    uint32_t from = 0;

    while (worker->settings->workers <= 1 && (slot = next_sibling(worker, from)) != NULL) {
        gcn_slot_poke(slot);
        from = (uint32_t)(slot - slots) + 1;
    }
}

static void look_around(struct gcn_serve *serve)
{
    bool alone = is_alone(serve->worker);

    if (alone != serve->alone && !serve->core.draining && !serve->core.held) {
        gcn_core_hold(&serve->core); /* how listeners are waited for is said when that begins */
        set_alone(serve, alone);
        gcn_core_release(&serve->core);
    }
}

/* A sibling has come or gone, or was too busy to accept; or a signal came. */
static void on_wake(struct gcn_worker *worker)
{
    look_around(GCN_CONTAINER_OF(worker->core, struct gcn_serve, core));
    gcn_core_accept_now(worker->core);
}

bool gcn_serve_start(struct gcn_serve *serve, struct gcn_worker *worker, struct gcn_sink *sink,
                     int capacity)
{
    serve->worker = worker;
    init_listeners(serve);
    gcn_core_init(&serve->core, &worker->loop, &worker->limits, serve->listeners,
                  worker->start->n_listeners);
    serve->core.sink = sink;
    serve->core.events.context = serve;
    serve->core.events.is_trusted = is_trusted;
    serve->core.events.is_proxy = is_proxy;
    serve->core.events.refused = on_refused;
    if (worker->start->access != NULL || gcn_statsd_is_open()) {
        serve->core.events.finished = on_finished;
    }
    set_alone(serve, worker->settings->workers <= 1);
    worker->core = &serve->core;
    worker->on_wake = on_wake;
    atomic_store_explicit(&worker->slot->capacity, capacity, memory_order_relaxed);
    if (!gcn_core_listen(&serve->core)) {
        gcn_error_errno("worker: cannot watch the listening sockets");
        return false;
    }
    /*
     * Every worker says that it serves before it looks, so of two that come at once one sees the
     * other.
     */
    atomic_store(&worker->slot->state, GCN_SLOT_IDLE);
    look_around(serve);
    tell_siblings(worker);
    gcn_scoreboard_poke_arbiter(worker->board);
    return true;
}

void gcn_serve_stop(struct gcn_serve *serve)
{
    serve->worker->core = NULL;
    serve->worker->on_wake = NULL;
    gcn_core_finish_all(&serve->core);
    gcn_refusals_flush(&serve->refusals, INT64_MAX);
    gcn_access_flush(serve->worker->start->access);
    gcn_free(serve->listeners);
    serve->listeners = NULL;
}

void gcn_serve_check_stop(struct gcn_serve *serve)
{
    struct gcn_worker *worker = serve->worker;

    if (serve->core.draining || !atomic_load_explicit(&worker->stopping, memory_order_relaxed)) {
        return;
    }
    /*
     * Every worker says that it drains before it looks, so the last one sees that there is no
     * other.
     */
    atomic_store(&worker->slot->state, GCN_SLOT_DRAINING);
    /* If a sibling goes on serving our sockets, what waits in their queues is not lost. */
    gcn_core_drain(&serve->core, !worker->quick && next_sibling(worker, 0) == NULL);
    tell_siblings(worker);
    gcn_scoreboard_poke_arbiter(worker->board); /* a reload is over when no old worker accepts */
}

bool gcn_serve_is_over(const struct gcn_serve *serve)
{
    const struct gcn_worker *worker = serve->worker;

    if (atomic_load_explicit(&worker->quitting, memory_order_relaxed)) {
        return true;
    }
    return serve->core.draining &&
           (gcn_core_is_idle(&serve->core) || worker->loop.now_us >= worker->stop_by_us);
}

/*
 * A syslog daemon is slow, or still connecting; or somebody keeps the interpreter from the logger.
 */
static bool is_log_waiting(const struct gcn_serve *serve)
{
    return gcn_log_is_waiting() || gcn_py_logger_is_waiting() ||
           gcn_access_is_waiting(serve->worker->start->access);
}

/* The lesser of two waits in ms, of which -1 has no end. */
static int shorter_ms(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

int gcn_serve_timeout_ms(const struct gcn_serve *serve)
{
    const struct gcn_worker *worker = serve->worker;
    int wait_ms = shorter_ms(gcn_core_timeout_ms(&serve->core), gcn_deadline_wait_ms(worker));

    if (gcn_serve_is_over(serve)) {
        return 0; /* the last connection may have met its deadline since the executor looked */
    }
    wait_ms = shorter_ms(wait_ms, gcn_refusals_due_ms(&serve->refusals, worker->loop.now_us));
    wait_ms = shorter_ms(wait_ms, gcn_access_due_ms(worker->start->access, worker->loop.now_us));
    if (is_log_waiting(serve)) {
        wait_ms = shorter_ms(wait_ms, LOG_LOOK_MS);
    }
    if (serve->core.draining) {
        int64_t left_us = worker->stop_by_us - worker->loop.now_us;
        wait_ms = shorter_ms(wait_ms, gcn_clock_wait_ms(left_us));
    }
    return wait_ms;
}

void gcn_serve_tick(struct gcn_serve *serve, int64_t alive_us)
{
    struct gcn_slot *slot = serve->worker->slot;
    const struct gcn_core *core = &serve->core;

    gcn_core_expire(&serve->core);
    gcn_refusals_flush(&serve->refusals, serve->worker->loop.now_us);
    gcn_access_flush_due(serve->worker->start->access, serve->worker->loop.now_us);
    gcn_log_flush();
    gcn_py_logger_relieve(serve->worker->loop.now_us / 1000);
    gcn_deadline_push(serve->worker, alive_us);
    atomic_store_explicit(&slot->connections, core->n_conns, memory_order_relaxed);
    atomic_store_explicit(&slot->accepted, (int64_t)core->accepted, memory_order_relaxed);
    atomic_store_explicit(&slot->refused, (int64_t)core->refused, memory_order_relaxed);
    atomic_store_explicit(&slot->bytes_in, (int64_t)core->bytes_in, memory_order_relaxed);
    atomic_store_explicit(&slot->bytes_out, (int64_t)core->bytes_out, memory_order_relaxed);
}

void gcn_serve_show(struct gcn_serve *serve, const struct gcn_exchange *x, int64_t since_us)
{
    struct gcn_slot *slot = serve->worker->slot;
    int64_t since_ms = x == NULL ? 0 : since_us / 1000;

    if (x != NULL) {
        const struct gcn_head *head = x->req.head;
        gcn_slot_set_doing(slot, head->method.ptr, head->method.len, head->path.ptr,
                           head->path.len);
    }
    atomic_store_explicit(&slot->started_ms, since_ms, memory_order_relaxed);
}

void gcn_serve_call_begins(struct gcn_serve *serve, const struct gcn_exchange *x)
{
    int64_t now_us = serve->worker->loop.now_us;

    gcn_serve_show(serve, x, now_us);
    gcn_deadline_push(serve->worker, now_us);
}

void gcn_serve_call_ended(struct gcn_serve *serve, int64_t took_us, int64_t queued_us)
{
    struct gcn_slot *slot = serve->worker->slot;
    int64_t busy_us = atomic_load_explicit(&slot->busy_us, memory_order_relaxed);

    queued_us += atomic_load_explicit(&slot->queued_us, memory_order_relaxed);
    atomic_store_explicit(&slot->queued_us, queued_us, memory_order_relaxed);
    atomic_store_explicit(&slot->busy_us, busy_us + took_us, memory_order_relaxed);
    gcn_recycle_count(serve->worker, serve->worker->loop.now_us);
}
