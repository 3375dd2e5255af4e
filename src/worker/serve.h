/* SPDX-License-Identifier: MIT */
/*
 * What the executors share: the I/O core of the worker, set up from what the arbiter handed over,
 * and the rule by which siblings leave connections to each other.
 */
#ifndef GCORN_WORKER_SERVE_H
#define GCORN_WORKER_SERVE_H

#include <stdbool.h>

#include <gcorn/http/core.h>

#include "refusals.h"
#include "worker_private.h"

/* Lifetime: an executor's run. */
struct gcn_serve {
    struct gcn_worker *worker; /* borrowed */
    struct gcn_core core;
    struct gcn_core_listener *listeners; /* owned */
    struct gcn_refusals refusals;
    bool alone;                          /* no siblings: nothing to be shared */
    bool hesitates;                      /* a connection that others may take better was left waiting */
};

/*
 * Set up worker->core with its listeners; responses go to `sink`, and `capacity` requests can run
 * at once. False (logged) if the kernel refuses to watch the listeners.
 */
bool gcn_serve_start(struct gcn_serve *serve, struct gcn_worker *worker, struct gcn_sink *sink,
                     int capacity);

/* Close what is still open and free everything. */
void gcn_serve_stop(struct gcn_serve *serve);

/* Acts on worker->stopping: begins to drain, once. */
void gcn_serve_check_stop(struct gcn_serve *serve);

/* True when the executor should return: quitting, drained, or out of time. */
bool gcn_serve_is_over(const struct gcn_serve *serve);

/* How long the loop may wait now, in ms; -1 for ever. */
int gcn_serve_timeout_ms(const struct gcn_serve *serve);

/*
 * Once a batch: deadlines, counters to the scoreboard, and that the worker was alive at `alive_us`
 * (loop time).
 */
void gcn_serve_tick(struct gcn_serve *serve, int64_t alive_us);

/*
 * Show `x`, in the app since `since_us`, as the request in progress; NULL: there is none. Loop's
 * thread.
 */
void gcn_serve_show(struct gcn_serve *serve, const struct gcn_exchange *x, int64_t since_us);

/*
 * The app begins a call for `x` on the loop's thread, or has ended one on any: scoreboard,
 * counters, heartbeat.
 */
void gcn_serve_call_begins(struct gcn_serve *serve, const struct gcn_exchange *x);
void gcn_serve_call_ended(struct gcn_serve *serve, int64_t took_us, int64_t queued_us);

/*
 * True if a call that took so long says that answers may leave together. A shorter one keeps its
 * client so busy that it need not be woken; behind a longer one an answer would wait.
 */
static inline bool gcn_serve_is_quick(int64_t took_us)
{
    return took_us >= 20 && took_us < 500;
}

#endif
