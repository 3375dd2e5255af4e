/* SPDX-License-Identifier: MIT */
/*
 * The threads executor as its own files see it: exec_threads.c (queues, threads, loop),
 * threads_overdue.c (calls that take too long), threads_nap.c (a loop that rests), threads_out.c
 * (what is in progress) and threads_pulse.c (whether the interpreter can be had).
 */
#ifndef GCORN_WORKER_THREADS_EXEC_H
#define GCORN_WORKER_THREADS_EXEC_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/http/app.h>

#include "overdue.h"
#include "serve.h"

/* Lifetime: run. */
struct gcn_threads_exec {
    struct gcn_sink sink;
    struct gcn_worker *worker; /* borrowed */
    struct gcn_app *app;       /* borrowed */
    struct gcn_serve serve;
    struct gcn_watch wake;
    int wake_fd;
    pthread_t *threads; /* owned */
    int n_threads;      /* started */
    struct gcn_list out; /* exchanges given to the pool and not finished, oldest first; loop's thread */
    int n_out;           /* … how many */
    int n_quick;         /* of the last calls, weighed: see threads_nap.c; loop's thread */
    bool heard_nothing;  /* nothing happened while it waited last; loop's thread */
    pthread_t pulse_thread;
    bool pulses;               /* it was started */
    _Atomic int64_t asked_us;  /* since when it waits for the interpreter; 0: it does not */

    pthread_mutex_t lock; /* guards the rest and every exchange's hand_over */
    pthread_cond_t work;  /* `todo` has an exchange, or `stop` */
    pthread_cond_t low;   /* `todo` has become short while the loop naps */
    pthread_cond_t room;  /* some exchange's unsent bytes have become fewer, or `stop` */
    pthread_cond_t quiet; /* n_alarms is 0 */
    pthread_cond_t pulse; /* `stop`; its clock is CLOCK_MONOTONIC */
    struct gcn_list todo, done, flush;
    struct gcn_overdue overdue;
    int n_todo;      /* exchanges in `todo` */
    bool dozes;      /* the loop sleeps until it is woken: for every exchange that has finished */
    bool napping;    /* the loop sleeps for a moment and sends what it finds then: do not wake it */
    int n_idle;      /* threads that wait for `work` */
    int n_alarms;    /* threads that are about to raise a time-out */
    bool searching;  /* a thread was woken and has not yet looked at `todo` */
    bool stop;       /* no further call begins, and the loop does not turn any more */
    bool cut;        /* … because its time is over: what still runs is told that its client has left */
    bool loop_waits; /* the loop may sleep: write to wake_fd */
};

/* The pool gets x, or has finished it: count it and show the oldest. Thread: loop. */
void gcn_threads_note_out(struct gcn_threads_exec *exec, struct gcn_exchange *x);
void gcn_threads_note_back(struct gcn_threads_exec *exec, struct gcn_exchange *x);

/*
 * Give up the calls that are over request_timeout; retire the worker if one does not end. Thread:
 * loop.
 */
void gcn_threads_check_overdue(struct gcn_threads_exec *exec);

/* When the next call will be over request_timeout: monotonic time, or INT64_MAX. */
int64_t gcn_threads_next_overdue_us(struct gcn_threads_exec *exec);

/* Wait until nobody is about to raise a time-out: the interpreter may end then. Thread: loop. */
void gcn_threads_await_alarms(struct gcn_threads_exec *exec);

/*
 * True while draining if only calls are left that were given up and have had their grace. Thread:
 * loop.
 */
bool gcn_threads_only_stuck_left(struct gcn_threads_exec *exec);

/* Make exec->low and exec->pulse. False if the system cannot. */
GCN_MUST_CHECK bool gcn_threads_nap_init(struct gcn_threads_exec *exec);

/* A call took so long: what it says of the next ones. Thread: loop. */
void gcn_threads_note_call(struct gcn_threads_exec *exec, int64_t took_us);

/* Sleep for a moment if the pool is busy with quick calls. Thread: loop. */
void gcn_threads_nap(struct gcn_threads_exec *exec);

/*
 * Start the thread that looks after the interpreter, if the worker has a `timeout`. False (logged)
 * if that fails.
 */
GCN_MUST_CHECK bool gcn_threads_pulse_start(struct gcn_threads_exec *exec);

/* Wait for its end, after `stop`. GIL: not held. */
void gcn_threads_pulse_stop(struct gcn_threads_exec *exec);

/*
 * The last time, in loop time, at which nothing spoke against the worker's being alive. Thread:
 * loop.
 */
int64_t gcn_threads_alive_us(const struct gcn_threads_exec *exec);

/* An exchange was taken out of exec->todo. The lock is held. */
void gcn_threads_popped(struct gcn_threads_exec *exec);

#endif
