/* SPDX-License-Identifier: MIT */
/*
 * The worker's deadline on the scoreboard: the monotonic time after which the arbiter may kill it.
 * It is pushed back in every turn of the loop and when an app call starts, so in a sync worker a
 * call may take `timeout`, and an idle worker never expires.
 */
#ifndef GCORN_WORKER_DEADLINE_H
#define GCORN_WORKER_DEADLINE_H

#include <stdatomic.h>
#include <stdint.h>

#include "worker_private.h"

/* The worker is alive at `now_us` (loop time, or gcn_clock_us). One store. Any thread. */
static inline void gcn_deadline_push(struct gcn_worker *worker, int64_t now_us)
{
    int64_t at_ms = worker->timeout_us == 0 ? 0 : (now_us + worker->timeout_us) / 1000;
    /* Relaxed: the arbiter compares it with its own clock and needs nothing else with it. */
    atomic_store_explicit(&worker->slot->deadline_ms, at_ms, memory_order_relaxed);
}

/*
 * The longest the loop may wait before the deadline has to be pushed again; -1: for ever. Half the
 * timeout, and a minute at most.
 */
static inline int gcn_deadline_wait_ms(const struct gcn_worker *worker)
{
    enum { MAX_WAIT_MS = 60000 };
    int64_t half_ms = worker->timeout_us / 2000;

    if (worker->timeout_us == 0) {
        return -1;
    }
    return half_ms < MAX_WAIT_MS ? (int)half_ms : MAX_WAIT_MS;
}

#endif
