/* SPDX-License-Identifier: MIT */
/*
 * The rules. Everything is counted anew each time: there are few workers, and no state can go
 * stale.
 */
#include "policy.h"

#include <stdatomic.h>

#include <gcorn/proc/scoreboard.h>

enum { FIRST_PAUSE_MS = 250, LONGEST_PAUSE_MS = 15000 };

enum {
    MOMENT_MS = 100,
    LATE_MS = 250, /* more than a busy machine makes a process wait that wants to run */
};

/* What there is, counted. */
struct census {
    uint32_t ready;   /* serving, of whatever generation but the trial */
    uint32_t booting; /* of the good generation */
    uint32_t fresh;   /* of the good generation and not tired, ready or booting */
    uint32_t old;     /* serving, of an older generation */
    uint32_t tired;   /* serving, of the good generation, but asking for rest */
    uint32_t trying;  /* of the trial generation, ready or booting */
};

static bool is_serving(const struct gcn_child *child)
{
    return child->state == GCN_CHILD_READY;
}

static bool is_booting(const struct gcn_child *child)
{
    return child->state == GCN_CHILD_BOOTING;
}

static struct census count(const struct gcn_policy *policy, const struct gcn_children *children)
{
    struct census census = {0};

    for (size_t i = 0; i < children->n; i++) {
        const struct gcn_child *child = &children->items[i];
        if (!is_serving(child) && !is_booting(child)) {
            continue;
        }
        if (policy->trial != 0 && child->generation == policy->trial) {
            census.trying++;
            continue;
        }
        bool good = child->generation == policy->good;
        census.ready += is_serving(child);
        census.booting += good && is_booting(child);
        census.fresh += good && !child->tired;
        census.old += !good && is_serving(child);
        census.tired += good && child->tired && is_serving(child);
    }
    return census;
}

/* The deadline that the child has published; 0: none. */
static int64_t deadline_ms(const struct gcn_child *child)
{
    if (child->state == GCN_CHILD_ABORTED || child->state == GCN_CHILD_KILLED) {
        return 0;
    }
    return atomic_load_explicit(&child->slot->deadline_ms, memory_order_relaxed);
}

int64_t gcn_policy_spare_ms(int64_t deadline_ms, int64_t now_ms, int64_t timeout_ms)
{
    return now_ms - deadline_ms < LATE_MS || timeout_ms < MOMENT_MS ? MOMENT_MS : timeout_ms;
}

static bool is_silent(const struct gcn_policy *policy, struct gcn_child *child)
{
    int64_t deadline = deadline_ms(child);

    if (deadline == 0 || policy->now_ms <= deadline) {
        return false;
    }
    if (child->missed_ms != deadline) {
        child->missed_ms = deadline;
        child->spared_ms =
            policy->now_ms + gcn_policy_spare_ms(deadline, policy->now_ms, policy->timeout_ms);
    }
    return policy->now_ms >= child->spared_ms;
}

static struct gcn_plan plan_for_overdue(const struct gcn_policy *policy,
                                        struct gcn_children *children)
{
    for (size_t i = 0; i < children->n; i++) {
        struct gcn_child *child = &children->items[i];
        if (child->kill_ms != 0 && policy->now_ms >= child->kill_ms) {
            return (struct gcn_plan){.kind = GCN_PLAN_KILL, .child = child};
        }
        if (is_silent(policy, child)) {
            return (struct gcn_plan){.kind = GCN_PLAN_ABORT, .child = child};
        }
    }
    return (struct gcn_plan){0};
}

/* How much the child should go rather than others: 0: it is wanted. */
static int unwanted(const struct gcn_policy *policy, const struct gcn_child *child)
{
    if (!is_serving(child) || (policy->trial != 0 && child->generation == policy->trial)) {
        return 0;
    }
    if (child->generation != policy->good) {
        return 3;
    }
    return child->tired ? 2 : 1;
}

/* The serving worker that should go first: of old settings, else tired, else the oldest. */
static struct gcn_child *first_to_go(const struct gcn_policy *policy,
                                     struct gcn_children *children)
{
    struct gcn_child *found = NULL;

    for (size_t i = 0; i < children->n; i++) {
        struct gcn_child *child = &children->items[i];
        int rank = unwanted(policy, child);
        if (rank > 0 && (found == NULL || rank > unwanted(policy, found))) {
            found = child;
        }
    }
    return found;
}

/* A worker that boots for nothing: of settings that were given up, or one more than is wanted. */
static struct gcn_child *needless_boot(const struct gcn_policy *policy,
                                       const struct census *census, struct gcn_children *children)
{
    for (size_t i = children->n; i-- > 0;) {
        struct gcn_child *child = &children->items[i];
        bool tried = policy->trial != 0 && child->generation == policy->trial;
        if (!is_booting(child) || tried) {
            continue;
        }
        if (child->generation != policy->good || census->fresh > policy->target) {
            return child;
        }
    }
    return NULL;
}

/* How many workers more than the target there may be while others are replaced. */
static uint32_t surge(const struct gcn_policy *policy, const struct census *census)
{
    if (census->old > 0) {
        return policy->target / 4 > 1 ? policy->target / 4 : 1;
    }
    return census->tired > 0 ? 1 : 0;
}

static bool wants_worker(const struct gcn_policy *policy, const struct census *census)
{
    uint32_t live = census->ready + census->booting;

    if (policy->good_waits || (policy->failures > 0 && census->booting > 0)) {
        return false; /* after a failure one attempt at a time, until one succeeds */
    }
    return census->fresh < policy->target && live < policy->target + surge(policy, census);
}

/* A reload does not wait for what failed before it: it may be the remedy. */
static bool wants_trial(const struct gcn_policy *policy, const struct census *census)
{
    return policy->trial != 0 && !policy->trial_waits && census->trying == 0;
}

struct gcn_plan gcn_policy_next(const struct gcn_policy *policy, struct gcn_children *children)
{
    struct gcn_plan plan = plan_for_overdue(policy, children);
    struct census census = count(policy, children);

    if (plan.kind != GCN_PLAN_NOTHING || policy->stopping) {
        return plan;
    }
    plan.child = needless_boot(policy, &census, children);
    if (plan.child == NULL && census.ready > policy->target) {
        plan.child = first_to_go(policy, children);
    }
    if (plan.child != NULL) {
        plan.kind = GCN_PLAN_RETIRE;
    } else if (wants_trial(policy, &census)) {
        plan = (struct gcn_plan){.kind = GCN_PLAN_SPAWN, .generation = policy->trial};
    } else if (wants_worker(policy, &census) && policy->now_ms >= policy->boot_after_ms) {
        plan = (struct gcn_plan){.kind = GCN_PLAN_SPAWN, .generation = policy->good};
    }
    return plan;
}

int64_t gcn_policy_next_ms(const struct gcn_policy *policy, const struct gcn_children *children)
{
    int64_t next = INT64_MAX;
    struct census census = count(policy, children);

    for (size_t i = 0; i < children->n; i++) {
        const struct gcn_child *child = &children->items[i];
        int64_t deadline = deadline_ms(child);
        int64_t look_ms = deadline == child->missed_ms ? child->spared_ms : deadline + 1;
        if (child->kill_ms != 0 && child->kill_ms < next) {
            next = child->kill_ms;
        }
        if (deadline != 0 && look_ms < next) {
            next = look_ms;
        }
    }
    if (policy->stopping) {
        return next;
    }
    if (wants_trial(policy, &census)) {
        return policy->now_ms;
    }
    if (wants_worker(policy, &census) && policy->boot_after_ms < next) {
        next = policy->boot_after_ms;
    }
    return next;
}

int64_t gcn_policy_pause_ms(uint32_t failures)
{
    int64_t pause = FIRST_PAUSE_MS;

    for (uint32_t i = 1; i < failures && pause < LONGEST_PAUSE_MS; i++) {
        pause *= 2;
    }
    return pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
}
