/* SPDX-License-Identifier: MIT */
/*
 * preload_app: a process that has loaded the app and forks the workers, so that they share its
 * memory. It belongs to one generation and goes with it, so a reload really loads the new code; and
 * the arbiter stays free of the app.
 *
 * Its workers are the arbiter's children all the same: they are forked twice, and the arbiter takes
 * orphans (PR_SET_CHILD_SUBREAPER). So signals, reaping and the policy are the same for all
 * workers.
 */
#ifndef GCORN_ARBITER_PRELOAD_H
#define GCORN_ARBITER_PRELOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/net/loop.h>
#include <gcorn/proc/spawn.h>

struct gcn_arbiter;
struct gcn_arbiter_board;
struct gcn_child;
struct gcn_generation;

/* Lifetime: generation. In one that does not preload it is {.fd = -1}. */
struct gcn_preloader {
    pid_t pid;           /* 0: not running */
    int fd;              /* owned: orders go there, births come back; -1: closed */
    struct gcn_watch watch;
    struct gcn_arbiter *arb;                /* borrowed */
    const struct gcn_arbiter_board *newest; /* borrowed: it knows this board and older ones */
    bool ready;          /* the app is loaded */
    bool spared;         /* it was not ready in time, and got more (gcn_policy_spare_ms) */
    bool aborted;        /* it was not ready in time */
    bool barren;         /* of a trial: it could not fork the worker that was to try the settings */
    int64_t deadline_ms; /* by when it has to be ready, or gone; 0: no such time */
};

/* Start what has to be started, end what takes too long. Before each round of the policy. */
void gcn_preload_manage(struct gcn_arbiter *arb);

/* When to look again although nothing has happened: monotonic ms, INT64_MAX for never. */
int64_t gcn_preload_next_ms(const struct gcn_arbiter *arb);

/*
 * Have the generation's preloader fork the worker `child`, which has no pid yet. False if it
 * cannot.
 */
bool gcn_preload_order(struct gcn_generation *generation, const struct gcn_child *child);

/* USR1: have the preloaders open the files of the logs again; they get no signals. */
void gcn_preload_reopen(struct gcn_arbiter *arb);

/*
 * The start of a daemon is over: have the preloaders let go of its standard streams
 * (gcn_worker_detach).
 */
void gcn_preload_detach(struct gcn_arbiter *arb);

/*
 * In a process that the arbiter has forked: close its ends of the channels, or they would never
 * end.
 */
void gcn_preload_close_channels(struct gcn_arbiter *arb);

/*
 * Learn of births. Before children are reaped, and when an unknown one is: births come before
 * deaths.
 */
void gcn_preload_read(struct gcn_arbiter *arb);

/*
 * True if the pid of the worker is known, from the report of its birth or from itself: it may be
 * ready before it is reported, and whoever was to report it may have been killed.
 */
bool gcn_preload_is_born(struct gcn_child *child);

/* A child that is no worker has ended: true if it was a preloader. */
bool gcn_preload_ended(struct gcn_arbiter *arb, pid_t pid, struct gcn_child_end end);

/*
 * A stop leaves `grace_ms` from now: a process that preloaded and has not ended by then is killed.
 */
void gcn_preload_hurry(struct gcn_arbiter *arb, int64_t grace_ms);

/* The generation starts no more workers: its preloader ends. */
void gcn_preload_drop(struct gcn_arbiter *arb, struct gcn_generation *generation);

#endif
