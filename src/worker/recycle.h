/* SPDX-License-Identifier: MIT */
/*
 * When a worker has done enough: max_requests and max_worker_memory. It only asks
 * (slot->wants_rest) and goes on serving; the arbiter boots its replacement first and then tells it
 * to stop.
 */
#ifndef GCORN_WORKER_RECYCLE_H
#define GCORN_WORKER_RECYCLE_H

#include <stdint.h>

struct gcn_worker;

/* Read the limits from the settings and draw the jitter. */
void gcn_recycle_init(struct gcn_worker *worker);

/* Ask the arbiter for a replacement now. Thread: loop. */
void gcn_recycle_ask(struct gcn_worker *worker);

/*
 * One more app call is over. Counts it on the scoreboard and, at the limits, asks for a
 * replacement. Looks at the memory at most once a second. `now_us` is loop time. Any thread, one at
 * a time.
 */
void gcn_recycle_count(struct gcn_worker *worker, int64_t now_us);

#endif
