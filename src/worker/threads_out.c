/* SPDX-License-Identifier: MIT */
/*
 * Which requests the threads have, for the scoreboard: it shows the oldest, for that is the one to
 * look at when a worker hangs or dies.
 */
#include "threads_exec.h"

#include "worker_private.h"

static struct gcn_exchange *oldest(const struct gcn_threads_exec *exec)
{
    struct gcn_list *link = gcn_list_first(&exec->out);

    return link == NULL ? NULL : GCN_CONTAINER_OF(link, struct gcn_exchange, hand_over.out_link);
}

void gcn_threads_note_out(struct gcn_threads_exec *exec, struct gcn_exchange *x)
{
    exec->n_out++;
    x->hand_over.taken_us = exec->worker->loop.now_us;
    gcn_list_init(&x->hand_over.out_link);
    gcn_list_push(&exec->out, &x->hand_over.out_link);
    if (exec->n_out == 1) {
        gcn_serve_show(&exec->serve, x, x->hand_over.taken_us);
    }
}

void gcn_threads_note_back(struct gcn_threads_exec *exec, struct gcn_exchange *x)
{
    bool shown = x == oldest(exec);

    exec->n_out--;
    gcn_list_remove(&x->hand_over.out_link);
    struct gcn_exchange *next = oldest(exec);
    if (shown) {
        gcn_serve_show(&exec->serve, next, next == NULL ? 0 : next->hand_over.taken_us);
    }
}
