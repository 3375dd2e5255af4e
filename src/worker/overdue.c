/* SPDX-License-Identifier: MIT */
/*
 * All calls have the same limit, so both lists are in the order of their deadlines.
 */
#include "overdue.h"

void gcn_overdue_init(struct gcn_overdue *overdue, int64_t limit_us, int64_t grace_us)
{
    *overdue = (struct gcn_overdue){.limit_us = limit_us, .grace_us = grace_us};
    gcn_list_init(&overdue->running);
    gcn_list_init(&overdue->stuck);
}

void gcn_overdue_begin(struct gcn_overdue *overdue, struct gcn_exchange *x, int64_t now_us)
{
    gcn_list_init(&x->hand_over.running_link);
    x->hand_over.began_us = now_us;
    x->req.ticket = ++overdue->last_ticket;
    if (overdue->limit_us > 0) {
        gcn_list_push(&overdue->running, &x->hand_over.running_link);
    }
}

void gcn_overdue_end(struct gcn_overdue *overdue, struct gcn_exchange *x)
{
    gcn_list_remove(&x->hand_over.running_link);
    if (x->hand_over.overdue) {
        overdue->n_stuck--;
    }
}

static struct gcn_exchange *oldest(const struct gcn_list *list)
{
    struct gcn_list *link = gcn_list_first(list);
    return link == NULL ? NULL
                        : GCN_CONTAINER_OF(link, struct gcn_exchange, hand_over.running_link);
}

struct gcn_exchange *gcn_overdue_next(struct gcn_overdue *overdue, int64_t now_us)
{
    struct gcn_exchange *x = oldest(&overdue->running);

    if (x == NULL || now_us - x->hand_over.began_us < overdue->limit_us) {
        return NULL;
    }
    gcn_list_remove(&x->hand_over.running_link);
    gcn_list_push(&overdue->stuck, &x->hand_over.running_link);
    x->hand_over.overdue = true;
    overdue->n_stuck++;
    return x;
}

bool gcn_overdue_retires(struct gcn_overdue *overdue, int64_t now_us)
{
    const struct gcn_exchange *x = oldest(&overdue->stuck);

    if (x == NULL || overdue->retired ||
        now_us - x->hand_over.began_us < overdue->limit_us + overdue->grace_us) {
        return false;
    }
    overdue->retired = true;
    return true;
}

bool gcn_overdue_is_hopeless(const struct gcn_overdue *overdue, int64_t now_us)
{
    if (overdue->n_stuck == 0) {
        return false;
    }
    const struct gcn_exchange *newest =
        GCN_CONTAINER_OF(overdue->stuck.prev, struct gcn_exchange, hand_over.running_link);
    return now_us - newest->hand_over.began_us >= overdue->limit_us + overdue->grace_us;
}

int64_t gcn_overdue_next_us(const struct gcn_overdue *overdue)
{
    const struct gcn_exchange *running = oldest(&overdue->running);
    const struct gcn_exchange *stuck = overdue->retired ? NULL : oldest(&overdue->stuck);
    int64_t next_us = INT64_MAX;

    if (running != NULL) {
        next_us = running->hand_over.began_us + overdue->limit_us;
    }
    if (stuck != NULL) {
        int64_t retire_us = stuck->hand_over.began_us + overdue->limit_us + overdue->grace_us;
        next_us = retire_us < next_us ? retire_us : next_us;
    }
    return next_us;
}
