/* SPDX-License-Identifier: MIT */
/*
 * The worker as its own files see it: what the executors work with.
 */
#ifndef GCORN_WORKER_WORKER_PRIVATE_H
#define GCORN_WORKER_WORKER_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcorn/http/limits.h>
#include <gcorn/net/addr.h>
#include <gcorn/net/loop.h>
#include <gcorn/proc/scoreboard.h>
#include <gcorn/worker/worker.h>

struct gcn_app;
struct gcn_codewatch;
struct gcn_core;
struct gcn_settings;

/* Process. One a worker; executors read it on the loop's thread unless said otherwise. */
struct gcn_worker {
    const struct gcn_worker_start *start;  /* borrowed, with the members below */
    const struct gcn_settings *settings;
    struct gcn_scoreboard *board;
    struct gcn_slot *slot;
    struct gcn_http_limits limits; /* borrows from the settings and from options */
    struct gcn_networks forwarders; /* whose word on scheme and path is believed */
    struct gcn_networks proxies;    /* who may speak the PROXY protocol */
    struct gcn_loop loop;
    struct gcn_app *app;           /* owned; loaded before an executor runs */
    struct gcn_app *apology;       /* the same, if it stands in for an app that could not be loaded */
    struct gcn_codewatch *codewatch; /* owned; NULL without the setting `reload` */
    struct gcn_core *core;         /* borrowed from the executor, which makes it; NULL outside */

    /* The slot's eventfd, watched by the loop. Drained by its callback, which then acts on the
       signals noted below and calls on_wake. */
    struct gcn_watch wake_watch;
    struct gcn_watch python_watch; /* of gcn_py_signal_fd */
    /* Set by the executor: the worker was woken (a signal, a sibling that is too busy to accept, a stop).
       Thread: loop. May be NULL. */
    void (*on_wake)(struct gcn_worker *worker);

    /* Any thread may read these. They go from false to true once, before on_wake is called, except
       that a quick stop may come before the loop is turned. */
    _Atomic bool stopping; /* finish what runs and what is queued, then return from run */
    _Atomic bool quitting; /* return from run as soon as the call in progress is over */

    struct gcn_py_hooks *hooks; /* NULL: none */
    bool booted;                /* the app is loaded and the hooks were called */
    bool quick;   /* told to leave at once: what waits in the listen queues is left there */
    bool aborted; /* the arbiter found it silent and sent ABRT */

    int64_t timeout_us;     /* the setting; 0: silence is never punished */
    int64_t request_timeout_us;  /* the setting; 0: none */
    int64_t graceful_timeout_us; /* the setting */
    bool threads_left;      /* threads of the app did not end: the process must leave without them */
    int64_t stop_by_us;     /* loop time at which a drain is given up; meaningful while stopping */
    int64_t requests_left;  /* app calls until it asks to be replaced; INT64_MAX: no limit */
    int64_t memory_limit_bytes; /* resident bytes at which it asks to be replaced; 0: no limit */
    int64_t memory_next_us; /* loop time of the next look at the memory */
};

/* Do what the signals ask for that came since the last time. Thread: loop. */
void gcn_worker_heed(struct gcn_worker *worker);

#endif
