/* SPDX-License-Identifier: MIT */
/*
 * The inline executor: the app runs on the loop's thread, between two events. The fastest, because
 * nothing is handed over; one request at a time, as a sync worker promises.
 *
 * Only a response that does not fit into the output bound waits for its client, and then the loop
 * is turned from inside the sink: other connections are read and sent to meanwhile, but no other
 * request is begun before this one's iterable is exhausted and closed.
 */
#include "exec.h"

#include <gcorn/base/clock.h>
#include <gcorn/base/compiler.h>
#include <gcorn/base/log.h>
#include <gcorn/http/app.h>
#include <gcorn/proc/exitcode.h>

#include "notes.h"
#include "serve.h"

enum {
    /* An app call longer than this leaves requests waiting whose clients may give up. */
    LONG_CALL_US = 1000,
    /* Before so many quick calls in a row a response does not wait for another. */
    QUICK_CALLS = 64,
};

/* Lifetime: run. */
struct inline_exec {
    struct gcn_sink sink;
    struct gcn_worker *worker; /* borrowed */
    struct gcn_app *app;       /* borrowed */
    int n_quick;               /* calls in a row that were quick */
    struct gcn_serve serve;
};

/* Wait for events and hand them out; the interpreter is left while waiting. */
static void wait_and_dispatch(struct inline_exec *exec)
{
    struct gcn_loop *loop = &exec->worker->loop;

    exec->app->ops->leave(exec->app);
    (void)gcn_loop_wait(loop, gcn_serve_timeout_ms(&exec->serve));
    exec->app->ops->enter(exec->app);
    gcn_loop_dispatch(loop);
}

/* Turn the loop until x's client has read enough or has left. */
static enum gcn_sink_result wait_for_client(struct inline_exec *exec, struct gcn_exchange *x)
{
    struct gcn_core *core = &exec->serve.core;

    gcn_core_scatter(core);
    gcn_core_hold(core); /* a sibling can run what we could only queue */
    while (gcn_core_is_full(core, x)) {
        if (atomic_load_explicit(&exec->worker->quitting, memory_order_relaxed)) {
            gcn_core_release(core);
            return GCN_SINK_GONE;
        }
        gcn_serve_tick(&exec->serve, exec->worker->loop.now_us);
        wait_and_dispatch(exec);
    }
    gcn_core_release(core);
    return gcn_core_is_gone(x) ? GCN_SINK_GONE : GCN_SINK_OK;
}

static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out)
{
    struct inline_exec *exec = GCN_CONTAINER_OF(sink, struct inline_exec, sink);
    struct gcn_exchange *x = GCN_CONTAINER_OF(res, struct gcn_exchange, res);
    struct gcn_core *core = &exec->serve.core;
    enum gcn_sink_result result = gcn_core_send(core, x, out);

    if (result == GCN_SINK_OK && !res->ended && gcn_core_is_full(core, x)) {
        result = wait_for_client(exec, x);
    }
    return result;
}

/* More requests are at hand, or events that are most likely requests. */
static bool has_more(const struct inline_exec *exec)
{
    return gcn_loop_has_rest(&exec->worker->loop) || !gcn_list_is_empty(&exec->serve.core.ready);
}

/* A call took so long: what does that say of the next ones? */
static void note_call(struct inline_exec *exec, int64_t took_us)
{
    bool quick = gcn_serve_is_quick(took_us);

    exec->n_quick = !quick ? 0 : exec->n_quick < QUICK_CALLS ? exec->n_quick + 1 : QUICK_CALLS;
    if (took_us > LONG_CALL_US) {
        exec->serve.core.lagging = true;
    }
}

static void run(struct inline_exec *exec, struct gcn_exchange *x)
{
    struct gcn_loop *loop = &exec->worker->loop;
    int64_t began_us = loop->now_us;

    gcn_core_gather(&exec->serve.core, exec->n_quick == QUICK_CALLS && has_more(exec));
    gcn_serve_call_begins(&exec->serve, x);
    gcn_log_set_subject(x->req.id);
    exec->app->ops->call(exec->app, &x->req, &x->res);
    gcn_log_set_subject((struct gcn_slice){NULL, 0});
    loop->now_us = gcn_clock_us();
    int64_t took_us = loop->now_us - began_us;
    x->req.ended_us = loop->now_us;
    note_call(exec, took_us);
    int64_t queued_us = gcn_request_queue_us(&x->req);
    gcn_core_finish(&exec->serve.core, x);
    gcn_serve_show(&exec->serve, NULL, 0);
    gcn_serve_call_ended(&exec->serve, took_us, queued_us);
    if (gcn_core_is_gathered(&exec->serve.core)) {
        gcn_core_scatter(&exec->serve.core);
    }
}

/* Nothing is ready to run: hand out the rest of the batch, or fetch another. */
static void turn(struct inline_exec *exec)
{
    struct gcn_loop *loop = &exec->worker->loop;

    if (gcn_loop_has_rest(loop)) {
        gcn_loop_dispatch(loop);
        return;
    }
    gcn_core_scatter(&exec->serve.core);
    gcn_serve_tick(&exec->serve, exec->worker->loop.now_us);
    if (!gcn_list_is_empty(&exec->serve.core.ready)) {
        return;
    }
    /* Under load there is always something, and the interpreter need not be left for it: threads of
       the app get their turn between bytecodes, as always. */
    if (gcn_loop_wait(loop, 0) > 0) {
        gcn_loop_dispatch(loop);
        return;
    }
    exec->serve.core.lagging = false;
    wait_and_dispatch(exec);
}

int gcn_exec_inline_run(struct gcn_worker *worker)
{
    struct inline_exec exec = {.sink = {submit}, .worker = worker, .app = worker->app};

    if (!gcn_serve_start(&exec.serve, worker, &exec.sink, 1)) {
        return GCN_EXIT_BOOT;
    }
    for (;;) {
        if (gcn_notes_are_there()) { /* the loop may not be turned before all that is ready has run */
            gcn_worker_heed(worker);
        }
        gcn_serve_check_stop(&exec.serve);
        if (gcn_serve_is_over(&exec.serve)) {
            break;
        }
        struct gcn_exchange *x = gcn_core_take(&exec.serve.core);
        if (x != NULL) {
            run(&exec, x);
        } else {
            turn(&exec);
        }
    }
    gcn_serve_stop(&exec.serve);
    return GCN_EXIT_OK;
}
