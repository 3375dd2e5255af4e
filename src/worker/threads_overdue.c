/* SPDX-License-Identifier: MIT */
/*
 * request_timeout: a call over its time is answered by the loop's thread, reported, and
 * interrupted.
 */
#include <string.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>

#include "recycle.h"
#include "threads_exec.h"

/*
 * What the thread that raises the time-out is given. It may come to raise it when the call has
 * ended and its exchange serves another request, so it knows no more of the call than its ticket.
 */
struct alarm {
    struct gcn_threads_exec *exec; /* borrowed: see gcn_threads_await_alarms */
    uint64_t ticket;
};

static void count_alarm(struct gcn_threads_exec *exec, int change)
{
    pthread_mutex_lock(&exec->lock);
    exec->n_alarms += change;
    if (exec->n_alarms == 0) {
        pthread_cond_signal(&exec->quiet);
    }
    pthread_mutex_unlock(&exec->lock);
}

/* A thread of its own, because the interpreter may be long in coming. */
static void *raise_alarm(void *context)
{
    struct alarm *alarm = context;
    struct gcn_threads_exec *exec = alarm->exec;

    exec->app->ops->time_out(exec->app, alarm->ticket);
    gcn_free(alarm);
    count_alarm(exec, -1);
    return NULL;
}

static void start_alarm(struct gcn_threads_exec *exec, uint64_t ticket)
{
    struct alarm *alarm = gcn_alloc(sizeof(*alarm));
    pthread_t thread;

    *alarm = (struct alarm){exec, ticket};
    count_alarm(exec, 1);
    int rc = pthread_create(&thread, NULL, raise_alarm, alarm);
    if (rc != 0) {
        gcn_error("cannot start the thread that interrupts an app call: %s", strerror(rc));
        count_alarm(exec, -1);
        gcn_free(alarm);
        return;
    }
    pthread_detach(thread);
}

int64_t gcn_threads_next_overdue_us(struct gcn_threads_exec *exec)
{
    pthread_mutex_lock(&exec->lock);
    int64_t next_us = gcn_overdue_next_us(&exec->overdue);
    pthread_mutex_unlock(&exec->lock);
    return next_us;
}

void gcn_threads_await_alarms(struct gcn_threads_exec *exec)
{
    pthread_mutex_lock(&exec->lock);
    while (exec->n_alarms > 0) {
        pthread_cond_wait(&exec->quiet, &exec->lock);
    }
    pthread_mutex_unlock(&exec->lock);
}

/* The next overdue exchange, with *untouched true if nothing of its response was sent. */
static struct gcn_exchange *next_overdue(struct gcn_threads_exec *exec, bool *untouched)
{
    pthread_mutex_lock(&exec->lock);
    struct gcn_exchange *x = gcn_overdue_next(&exec->overdue, exec->worker->loop.now_us);
    if (x != NULL) {
        *untouched = !x->hand_over.begun;
        x->hand_over.lost = true;
        pthread_cond_broadcast(&exec->room);
    }
    pthread_mutex_unlock(&exec->lock);
    return x;
}

static void give_up(struct gcn_threads_exec *exec, struct gcn_exchange *x, bool untouched)
{
    const struct gcn_head *head = x->req.head;

    gcn_error("%.*s %.*s has taken longer than request_timeout (%lld s): %s; the stacks of all "
              "threads follow",
              (int)head->method.len, head->method.ptr, (int)head->path.len, head->path.ptr,
              (long long)(exec->overdue.limit_us / 1000000),
              untouched ? "it is answered 504" : "its response is cut");
    exec->app->ops->dump_stacks(exec->app);
    if (untouched) {
        gcn_core_answer(&exec->serve.core, x, 504);
    } else {
        gcn_core_cut(&exec->serve.core, x);
    }
    start_alarm(exec, x->req.ticket);
}

static bool must_retire(struct gcn_threads_exec *exec)
{
    pthread_mutex_lock(&exec->lock);
    bool retires = gcn_overdue_retires(&exec->overdue, exec->worker->loop.now_us);
    pthread_mutex_unlock(&exec->lock);
    return retires;
}

void gcn_threads_check_overdue(struct gcn_threads_exec *exec)
{
    struct gcn_exchange *x;
    bool untouched;

    if (exec->overdue.limit_us == 0) {
        return;
    }
    while ((x = next_overdue(exec, &untouched)) != NULL) {
        give_up(exec, x, untouched);
    }
    if (must_retire(exec)) {
        gcn_warn("worker %d: an app call that was given up has not ended within graceful_timeout: "
                 "the worker asks to be replaced", (int)getpid());
        gcn_recycle_ask(exec->worker);
    }
}

bool gcn_threads_only_stuck_left(struct gcn_threads_exec *exec)
{
    pthread_mutex_lock(&exec->lock);
    int n_stuck = exec->overdue.n_stuck;
    bool hopeless = gcn_overdue_is_hopeless(&exec->overdue, exec->worker->loop.now_us);
    pthread_mutex_unlock(&exec->lock);
    return hopeless && exec->serve.core.draining &&
           exec->serve.core.n_conns <= (uint32_t)n_stuck;
}
