/* SPDX-License-Identifier: MIT */
/*
 * Requests that take longer than request_timeout: which app calls run, since when, and which of
 * them were given up. Pure bookkeeping, without clock, lock or socket: the executor has those.
 */
#ifndef GCORN_WORKER_OVERDUE_H
#define GCORN_WORKER_OVERDUE_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/http/core.h>

/* Lifetime: run. Guarded by the executor's lock. */
struct gcn_overdue {
    int64_t limit_us;  /* request_timeout; 0: nothing is ever overdue */
    int64_t grace_us;  /* how long a call that was given up may still take to end */
    struct gcn_list running; /* exchanges by hand_over.running_link, the oldest first */
    struct gcn_list stuck;   /* those that were given up, the oldest first */
    int n_stuck;
    bool retired; /* said once that a thread did not come back */
    uint64_t last_ticket;
};

/* Nothing runs yet. For the limit and the grace see the members. */
void gcn_overdue_init(struct gcn_overdue *overdue, int64_t limit_us, int64_t grace_us);

/* The app call for x begins, and its request gets a ticket; it has ended. `now_us` is monotonic. */
void gcn_overdue_begin(struct gcn_overdue *overdue, struct gcn_exchange *x, int64_t now_us);
void gcn_overdue_end(struct gcn_overdue *overdue, struct gcn_exchange *x);

/* The next exchange that has become overdue, now among the stuck ones, or NULL. */
struct gcn_exchange *gcn_overdue_next(struct gcn_overdue *overdue, int64_t now_us);

/* True, once, when a call that was given up has not ended within the grace. */
bool gcn_overdue_retires(struct gcn_overdue *overdue, int64_t now_us);

/* True if calls that were given up have not ended, and each of them has had its grace. */
bool gcn_overdue_is_hopeless(const struct gcn_overdue *overdue, int64_t now_us);

/* When to look again: monotonic time, or INT64_MAX. */
int64_t gcn_overdue_next_us(const struct gcn_overdue *overdue);

#endif
