/* SPDX-License-Identifier: MIT */
/*
 * What to do about the workers, given what is known of them: pure decisions, one at a time.
 *
 * Workers belong to generations of settings. One generation is the good one: `target` workers of it
 * are wanted. A reload makes a new one that is first tried with a single worker; when that is ready
 * the generation becomes the good one, and the older workers go one for one as its workers come.
 * The same rule replaces workers that ask for it.
 */
#ifndef GCORN_ARBITER_POLICY_H
#define GCORN_ARBITER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "children.h"

/* What the arbiter wants. A value. */
struct gcn_policy {
    uint32_t target;     /* workers that should serve */
    uint64_t good;       /* the generation that they should be of */
    uint64_t trial;      /* the generation that is being tried; 0: none */
    bool good_waits;     /* no worker of the good generation can be started now, … */
    bool trial_waits;    /* … or of the trial: its app is still being preloaded */
    bool stopping;       /* the server stops: nothing is started, nobody is retired */
    uint32_t failures;   /* boots that failed since the last that succeeded */
    int64_t boot_after_ms; /* no worker is started before; 0: at once */
    int64_t timeout_ms;    /* what the setting `timeout` gives a worker; 0: deadlines mean nothing */
    int64_t now_ms;
};

enum gcn_plan_kind {
    GCN_PLAN_NOTHING,
    GCN_PLAN_SPAWN,  /* start a worker of `generation` */
    GCN_PLAN_RETIRE, /* tell `child` to stop gracefully */
    GCN_PLAN_ABORT,  /* `child` has been silent for too long */
    GCN_PLAN_KILL,   /* `child` did not leave in time */
};

struct gcn_plan {
    enum gcn_plan_kind kind;
    uint64_t generation;     /* SPAWN */
    struct gcn_child *child; /* RETIRE, ABORT, KILL: borrowed from the table */
};

/*
 * How much longer to wait for a process found, at `now_ms`, to have missed `deadline_ms`: a moment,
 * since it may be about to say that it is well; but all of `timeout_ms` again if that is found out
 * late. Then this process did not run either, and so the machine (its virtual machine or container)
 * stood still, and nobody on it has done wrong.
 */
int64_t gcn_policy_spare_ms(int64_t deadline_ms, int64_t now_ms, int64_t timeout_ms);

/*
 * The next thing to do; carry it out and ask again until there is nothing. Carrying out means that
 * the table shows it: SPAWN adds a child, the others change the child's state (and, for KILL, clear
 * kill_ms). After a SPAWN that failed do not ask again at once: put boot_after_ms off, or, for the
 * trial, which does not wait for that, give the trial up. A missed deadline is noted in the table;
 * ABORT comes when the time to spare is over, too.
 */
struct gcn_plan gcn_policy_next(const struct gcn_policy *policy, struct gcn_children *children);

/* When to ask again although nothing has happened: monotonic ms, INT64_MAX for never. */
int64_t gcn_policy_next_ms(const struct gcn_policy *policy, const struct gcn_children *children);

/* How long to wait before the next boot after `failures` (> 0) boots in a row have failed. */
int64_t gcn_policy_pause_ms(uint32_t failures);

#endif
