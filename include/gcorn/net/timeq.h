/* SPDX-License-Identifier: MIT */
/*
 * Deadline queues. All entries of a queue wait equally long, so a queue is a FIFO list: pushing,
 * removing and expiring cost O(1), and the nearest deadline of all queues is the least of their
 * first entries. No wheel and no tree.
 */
#ifndef GCORN_NET_TIMEQ_H
#define GCORN_NET_TIMEQ_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/list.h>

/* Lifetime: its owner's. */
struct gcn_timeq_entry {
    struct gcn_list link; /* in a queue's list, or linked to itself */
    int64_t deadline_us;  /* loop time; meaningful while queued */
};

/* Process. */
struct gcn_timeq {
    struct gcn_list list;
    int64_t span_us; /* how long an entry waits; 0: entries never expire */
};

/* An empty queue whose entries wait `span_us` (0: for ever). */
void gcn_timeq_init(struct gcn_timeq *queue, int64_t span_us);

/* An entry that is in no queue. */
static inline void gcn_timeq_entry_init(struct gcn_timeq_entry *entry)
{
    gcn_list_init(&entry->link);
}

/* True if the entry waits in some queue. */
static inline bool gcn_timeq_is_queued(const struct gcn_timeq_entry *entry)
{
    return !gcn_list_is_empty(&entry->link);
}

/*
 * Start the clock on `entry`: it expires at now_us + queue->span_us, after everything pushed
 * before. It leaves the queue it was in.
 *   now_us  loop time, never behind that of an earlier push
 * Thread: loop. GIL: not needed. Allocates: no.
 */
static inline void gcn_timeq_push(struct gcn_timeq *queue, struct gcn_timeq_entry *entry,
                                  int64_t now_us)
{
    gcn_list_remove(&entry->link);
    entry->deadline_us = now_us + queue->span_us;
    gcn_list_push(&queue->list, &entry->link);
}

/* Stop the clock on `entry`; harmless if it is not queued. */
static inline void gcn_timeq_remove(struct gcn_timeq_entry *entry)
{
    gcn_list_remove(&entry->link);
}

/* Take out and return the first entry whose deadline is not after now_us, or NULL. */
struct gcn_timeq_entry *gcn_timeq_expire(struct gcn_timeq *queue, int64_t now_us);

/* The deadline of the first entry, or INT64_MAX if nothing in the queue will expire. */
int64_t gcn_timeq_next_us(const struct gcn_timeq *queue);

#endif
