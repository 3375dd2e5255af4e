/* SPDX-License-Identifier: MIT */
/*
 * The threads executor: a pool of threads runs the app, and the loop's thread reads, parses, times
 * out and sends without ever taking the interpreter.
 *
 * Work goes to the pool through one queue, first come first served. A thread takes the interpreter
 * before it takes a request, and keeps both as long as there are more: so under load one thread
 * runs request after request without a switch, and the others get their turn as soon as it blocks.
 * For the same reason no more than one thread at a time is on its way to the queue.
 *
 * A thread sends its response itself. Only what the socket does not take goes to the loop; then the
 * thread waits, outside the interpreter, if it is more than the output bound. (Under a load of
 * quick calls the loop sends them all: threads_nap.c.) The loop looks at the list of finished
 * exchanges in every turn. It is woken only for what is to be done at once: the next request will.
 */
#include "exec.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/http/app.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/logger.h>

#include "threads_exec.h"

/*
 * How soon the loop, with exchanges out, looks at the list of finished ones by itself. If there are
 * none it dozes, and is woken for each: calls that take so long are not worth the saving.
 */
enum { LOOK_MS = 10 };

static void wake_loop(struct gcn_threads_exec *exec)
{
    uint64_t one = 1;
    ssize_t ignored = write(exec->wake_fd, &one, sizeof(one)); /* full means: woken already */
    (void)ignored;
}

static void on_wake(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_threads_exec *exec = GCN_CONTAINER_OF(watch, struct gcn_threads_exec, wake);
    uint64_t count;

    (void)events;
    ssize_t ignored = read(exec->wake_fd, &count, sizeof(count));
    (void)ignored;
    gcn_loop_yield(&exec->worker->loop);
}

/* ---- on the app's threads ---- */

/* True if x's thread has to wait for its client. The lock is held. */
static bool is_full(const struct gcn_threads_exec *exec, const struct gcn_exchange *x)
{
    return !x->hand_over.lost && x->hand_over.unsent > exec->worker->limits.output_bytes;
}

/* Wait until x's client has read enough. False if it never will: a stopped pool sends nothing. */
static bool wait_for_room(struct gcn_threads_exec *exec, struct gcn_exchange *x)
{
    exec->app->ops->leave(exec->app);
    pthread_mutex_lock(&exec->lock);
    while (is_full(exec, x) && !exec->stop) {
        pthread_cond_wait(&exec->room, &exec->lock);
    }
    x->hand_over.lost = x->hand_over.lost || is_full(exec, x);
    bool lost = x->hand_over.lost;
    pthread_mutex_unlock(&exec->lock);
    exec->app->ops->enter(exec->app);
    return !lost;
}

/* Give `out` to the loop and wait until there is room. Entered; left only while waiting. */
static enum gcn_sink_result hand_over(struct gcn_threads_exec *exec, struct gcn_exchange *x,
                                      struct gcn_out *out)
{
    pthread_mutex_lock(&exec->lock);
    x->hand_over.unsent += out->len;
    gcn_out_move(&x->hand_over.handed, out);
    if (!x->hand_over.flushing) {
        x->hand_over.flushing = true;
        gcn_list_push(&exec->flush, &x->hand_over.flush_link);
    }
    bool full = is_full(exec, x);
    bool lost = x->hand_over.lost;
    bool wake = !exec->napping;
    pthread_mutex_unlock(&exec->lock);
    if (wake) {
        wake_loop(exec);
    }
    return lost || (full && !wait_for_room(exec, x)) ? GCN_SINK_GONE : GCN_SINK_OK;
}

static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out)
{
    struct gcn_threads_exec *exec = GCN_CONTAINER_OF(sink, struct gcn_threads_exec, sink);
    struct gcn_exchange *x = GCN_CONTAINER_OF(res, struct gcn_exchange, res);
    size_t sent;

    pthread_mutex_lock(&exec->lock);
    bool direct = !x->hand_over.flushing && x->hand_over.unsent == 0 &&
                  !(exec->napping && gcn_response_is_whole(res));
    bool lost = x->hand_over.lost || (exec->cut && !res->ended);
    x->hand_over.begun = x->hand_over.begun || !lost;
    pthread_mutex_unlock(&exec->lock);
    if (lost) {
        return GCN_SINK_GONE;
    }
    if (direct) {
        enum gcn_io io = gcn_out_send(out, x->req.fd, GCN_PUSH_NOW, &sent);
        x->hand_over.sent += sent;
        if (io == GCN_IO_OK) {
            return GCN_SINK_OK;
        }
        if (io != GCN_IO_AGAIN) { /* the loop, sending what is left, will find the same */
            return res->ended ? GCN_SINK_OK : GCN_SINK_GONE;
        }
    }
    /* The loop gets the end with the exchange. */
    return res->ended ? GCN_SINK_OK : hand_over(exec, x, out);
}

/* The app call for x begins; the loop is woken if it does not know yet until when it may sleep. */
static void begin_clock(struct gcn_threads_exec *exec, struct gcn_exchange *x)
{
    if (exec->overdue.limit_us == 0) {
        return;
    }
    bool first = gcn_list_is_empty(&exec->overdue.running);
    gcn_overdue_begin(&exec->overdue, x, gcn_clock_us());
    if (first) {
        wake_loop(exec);
    }
}

/* The next exchange, or NULL if there is none. */
static struct gcn_exchange *pop_todo(struct gcn_threads_exec *exec)
{
    pthread_mutex_lock(&exec->lock);
    struct gcn_list *link = gcn_list_first(&exec->todo);
    exec->searching = false;
    struct gcn_exchange *x =
        link == NULL ? NULL : GCN_CONTAINER_OF(link, struct gcn_exchange, link);
    if (x != NULL) {
        gcn_list_remove(link);
        gcn_threads_popped(exec);
        begin_clock(exec, x);
        if (!gcn_list_is_empty(&exec->todo) && exec->n_idle > 0) {
            exec->searching = true;
            pthread_cond_signal(&exec->work);
        }
    }
    pthread_mutex_unlock(&exec->lock);
    return x;
}

/* So many more requests are on the list of finished ones. The lock is held. */
static void count_ended(struct gcn_threads_exec *exec, int change)
{
    _Atomic int32_t *ended = &exec->worker->slot->ended;
    int32_t count = atomic_load_explicit(ended, memory_order_relaxed);
    atomic_store_explicit(ended, count + change, memory_order_relaxed);
}

static void push_done(struct gcn_threads_exec *exec, struct gcn_exchange *x)
{
    bool urgent = !gcn_out_is_empty(&x->res.out) || x->res.failed || x->more ||
                  !gcn_response_keeps(&x->res);

    pthread_mutex_lock(&exec->lock);
    if (exec->overdue.limit_us > 0) {
        gcn_overdue_end(&exec->overdue, x);
    }
    gcn_list_push(&exec->done, &x->link);
    count_ended(exec, 1);
    bool stops = atomic_load_explicit(&exec->worker->stopping, memory_order_relaxed);
    bool wake = exec->loop_waits && (urgent || exec->dozes || stops);
    pthread_mutex_unlock(&exec->lock);
    if (wake) {
        wake_loop(exec);
    }
}

static void run(struct gcn_threads_exec *exec, struct gcn_exchange *x)
{
    x->req.began_us = gcn_clock_us();
    gcn_log_set_subject(x->req.id);
    exec->app->ops->call(exec->app, &x->req, &x->res);
    gcn_log_set_subject((struct gcn_slice){NULL, 0});
    x->req.ended_us = gcn_clock_us();
    push_done(exec, x);
}

/* False when the pool stops. */
static bool wait_for_work(struct gcn_threads_exec *exec)
{
    pthread_mutex_lock(&exec->lock);
    while (!exec->stop && gcn_list_is_empty(&exec->todo)) {
        exec->n_idle++;
        pthread_cond_wait(&exec->work, &exec->lock);
        exec->n_idle--;
    }
    bool stop = exec->stop;
    pthread_mutex_unlock(&exec->lock);
    return !stop;
}

static void *thread_main(void *context)
{
    struct gcn_threads_exec *exec = context;
    struct gcn_app *app = exec->app;
    struct gcn_exchange *x;

    app->ops->thread_start(app);
    app->ops->leave(app);
    while (wait_for_work(exec)) {
        app->ops->enter(app);
        while ((x = pop_todo(exec)) != NULL) {
            run(exec, x);
        }
        app->ops->leave(app);
    }
    app->ops->thread_stop(app);
    gcn_out_pool_finish();
    return NULL;
}

/* ---- on the loop's thread ---- */

static void push_todo(struct gcn_threads_exec *exec, struct gcn_exchange *x)
{
    gcn_threads_note_out(exec, x);
    pthread_mutex_lock(&exec->lock);
    gcn_list_init(&x->hand_over.flush_link);
    gcn_list_push(&exec->todo, &x->link);
    exec->n_todo++;
    if (exec->n_idle > 0 && !exec->searching) {
        exec->searching = true;
        pthread_cond_signal(&exec->work);
    }
    pthread_mutex_unlock(&exec->lock);
}

/* Output of a running exchange has left, or its client has. */
static void on_progress(void *context, struct gcn_exchange *x)
{
    struct gcn_serve *serve = context;
    struct gcn_threads_exec *exec = GCN_CONTAINER_OF(serve, struct gcn_threads_exec, serve);

    pthread_mutex_lock(&exec->lock);
    x->hand_over.unsent = gcn_core_unsent(x) + x->hand_over.handed.len;
    x->hand_over.lost = x->hand_over.lost || gcn_core_is_gone(x);
    pthread_cond_broadcast(&exec->room);
    pthread_mutex_unlock(&exec->lock);
}

/* Take what x's thread has handed over. The lock is held. */
static void take_handed(struct gcn_exchange *x, struct gcn_out *out)
{
    gcn_out_move(out, &x->hand_over.handed);
    if (x->hand_over.flushing) {
        gcn_list_remove(&x->hand_over.flush_link);
        x->hand_over.flushing = false;
    }
}

/* The first exchange that has handed something over, and what that is; NULL if there is none. */
static struct gcn_exchange *next_flush(struct gcn_threads_exec *exec, struct gcn_out *out)
{
    struct gcn_exchange *x = NULL;

    pthread_mutex_lock(&exec->lock);
    struct gcn_list *link = gcn_list_first(&exec->flush);
    if (link != NULL) {
        x = GCN_CONTAINER_OF(link, struct gcn_exchange, hand_over.flush_link);
        take_handed(x, out);
    }
    pthread_mutex_unlock(&exec->lock);
    return x;
}

/* Send what threads could not send themselves. */
static void flush_handed(struct gcn_threads_exec *exec)
{
    struct gcn_out out = {0};
    struct gcn_exchange *x;

    while ((x = next_flush(exec, &out)) != NULL) {
        gcn_core_send_out(&exec->serve.core, x, &out);
        on_progress(&exec->serve, x);
    }
}

/* The first finished exchange, with what it may still have handed over; NULL if there is none. */
static struct gcn_exchange *next_done(struct gcn_threads_exec *exec, struct gcn_out *out)
{
    struct gcn_exchange *x = NULL;

    pthread_mutex_lock(&exec->lock);
    struct gcn_list *link = gcn_list_first(&exec->done);
    if (link != NULL) {
        gcn_list_remove(link);
        count_ended(exec, -1);
        x = GCN_CONTAINER_OF(link, struct gcn_exchange, link);
        take_handed(x, out);
    }
    pthread_mutex_unlock(&exec->lock);
    return x;
}

static void finish_done(struct gcn_threads_exec *exec)
{
    struct gcn_out out = {0};
    struct gcn_exchange *x;

    while ((x = next_done(exec, &out)) != NULL) {
        struct gcn_core *core = &exec->serve.core;
        bool ran = x->req.ended_us != 0; /* else the pool has stopped before its turn */
        int64_t took_us = ran ? x->req.ended_us - x->req.began_us : 0;
        int64_t queued_us = gcn_request_queue_us(&x->req);
        gcn_threads_note_back(exec, x);
        gcn_core_queue_out(core, x, &out);
        (void)!gcn_core_send(core, x, &x->res.out);
        gcn_core_finish(core, x);
        gcn_serve_call_ended(&exec->serve, took_us, queued_us);
        gcn_threads_note_call(exec, took_us);
    }
}

/* How long the loop may wait, in ms, -1 for ever. */
static int wait_ms(struct gcn_threads_exec *exec)
{
    int serve_ms = gcn_serve_timeout_ms(&exec->serve);
    bool looks = exec->n_out > 0 && !exec->heard_nothing;
    int most_ms = looks && (serve_ms < 0 || serve_ms > LOOK_MS) ? LOOK_MS : serve_ms;

    int64_t next_us = gcn_threads_next_overdue_us(exec);
    if (next_us != INT64_MAX) {
        int left_ms = gcn_clock_wait_ms(next_us - exec->worker->loop.now_us);
        most_ms = most_ms < 0 || left_ms < most_ms ? left_ms : most_ms;
    }
    return most_ms;
}

static void set_waiting(struct gcn_threads_exec *exec, bool waits)
{
    pthread_mutex_lock(&exec->lock);
    exec->loop_waits = waits && gcn_list_is_empty(&exec->done) && gcn_list_is_empty(&exec->flush);
    exec->dozes = exec->heard_nothing;
    pthread_mutex_unlock(&exec->lock);
}

static void turn(struct gcn_threads_exec *exec)
{
    struct gcn_loop *loop = &exec->worker->loop;
    int n_out = exec->n_out, n_events = 1;

    if (!gcn_loop_has_rest(loop)) {
        gcn_threads_nap(exec);
        gcn_serve_tick(&exec->serve, gcn_threads_alive_us(exec));
        int most_ms = wait_ms(exec);
        set_waiting(exec, true);
        n_events = gcn_loop_wait(loop, exec->loop_waits ? most_ms : 0);
        set_waiting(exec, false);
        gcn_threads_check_overdue(exec);
    }
    flush_handed(exec);
    finish_done(exec);
    exec->heard_nothing = n_events == 0 && exec->n_out == n_out;
    gcn_loop_dispatch(loop);
}

static bool start_threads(struct gcn_threads_exec *exec, int n)
{
    exec->threads = gcn_alloc_zero((size_t)n, sizeof(*exec->threads));
    for (; exec->n_threads < n; exec->n_threads++) {
        int rc = pthread_create(&exec->threads[exec->n_threads], NULL, thread_main, exec);
        if (rc != 0) {
            gcn_error("cannot start thread %d of %d: %s", exec->n_threads + 1, n, strerror(rc));
            return false;
        }
    }
    return gcn_threads_pulse_start(exec);
}

/* What has not begun when the worker goes will not be begun. The lock is held. */
static void drop_todo(struct gcn_threads_exec *exec)
{
    struct gcn_list *link;

    while ((link = gcn_list_first(&exec->todo)) != NULL) {
        struct gcn_exchange *x = GCN_CONTAINER_OF(link, struct gcn_exchange, link);
        gcn_list_remove(link);
        exec->n_todo--;
        x->res.failed = true;
        gcn_list_push(&exec->done, link);
        count_ended(exec, 1);
    }
}

static void stop_threads(struct gcn_threads_exec *exec)
{
    pthread_mutex_lock(&exec->lock);
    exec->stop = true;
    exec->cut = !atomic_load_explicit(&exec->worker->quitting, memory_order_relaxed);
    drop_todo(exec);
    pthread_cond_broadcast(&exec->work);
    pthread_cond_broadcast(&exec->room);
    int n_stuck = exec->overdue.n_stuck;
    pthread_mutex_unlock(&exec->lock);
    if (n_stuck > 0) {
        gcn_warn("worker %d leaves %d app call%s behind that did not end", (int)getpid(), n_stuck,
                 n_stuck == 1 ? "" : "s");
        exec->worker->threads_left = true;
        return;
    }
    for (int i = 0; i < exec->n_threads; i++) {
        pthread_join(exec->threads[i], NULL);
    }
    gcn_threads_pulse_stop(exec);
    gcn_threads_await_alarms(exec);
    gcn_free(exec->threads);
}

static bool open_wake(struct gcn_threads_exec *exec)
{
    exec->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    gcn_ownfd_add(exec->wake_fd);
    exec->wake.fn = on_wake;
    return exec->wake_fd >= 0 &&
           gcn_loop_watch(&exec->worker->loop, &exec->wake, exec->wake_fd, EPOLLIN);
}

static void serve(struct gcn_threads_exec *exec)
{
    struct gcn_exchange *x;

    for (;;) {
        gcn_serve_check_stop(&exec->serve);
        if (gcn_serve_is_over(&exec->serve) || gcn_threads_only_stuck_left(exec)) {
            return;
        }
        while ((x = gcn_core_take(&exec->serve.core)) != NULL) {
            push_todo(exec, x);
        }
        turn(exec);
    }
}

int gcn_exec_threads_run(struct gcn_worker *worker, int threads)
{
    static struct gcn_threads_exec exec; /* process: threads that never end may outlive this call */
    int code = GCN_EXIT_BOOT;

    exec = (struct gcn_threads_exec){
        .sink = {submit}, .worker = worker, .app = worker->app, .wake_fd = -1};
    pthread_mutex_init(&exec.lock, NULL);
    pthread_cond_init(&exec.work, NULL);
    pthread_cond_init(&exec.room, NULL);
    pthread_cond_init(&exec.quiet, NULL);
    gcn_list_init(&exec.out);
    gcn_list_init(&exec.todo);
    gcn_list_init(&exec.done);
    gcn_list_init(&exec.flush);
    gcn_overdue_init(&exec.overdue, worker->request_timeout_us, worker->graceful_timeout_us);
    worker->app->ops->leave(worker->app);
    gcn_py_logger_defer(true);
    if (!gcn_threads_nap_init(&exec) || !open_wake(&exec)) {
        gcn_error_errno("worker: cannot make what the loop and the threads wake each other with");
    } else if (gcn_serve_start(&exec.serve, worker, &exec.sink, threads)) {
        exec.serve.core.events.progress = on_progress;
        if (start_threads(&exec, threads)) {
            serve(&exec);
            code = GCN_EXIT_OK;
        }
        stop_threads(&exec);
        if (worker->threads_left) {
            return code; /* they may use all of this yet */
        }
        finish_done(&exec);
        gcn_serve_stop(&exec.serve);
    }
    if (exec.wake_fd >= 0) {
        gcn_loop_unwatch(&worker->loop, &exec.wake, exec.wake_fd);
        gcn_ownfd_close(exec.wake_fd);
    }
    gcn_py_logger_defer(false);
    worker->app->ops->enter(worker->app);
    return code;
}
