/* SPDX-License-Identifier: MIT */
/*
 * Stopping: workers are told, waited for and, when their time is over, killed.
 */
#include "arbiter_private.h"

#include <inttypes.h>
#include <signal.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>

enum {
    QUICK_AFTER_GRACEFUL_MS = 2000, /* what is left once a graceful stop is made a quick one */
    FIRST_PROGRESS_MS = 1000,
    PROGRESS_EVERY_MS = 5000,
};

/*
 * Our share of the listeners goes now; the workers close theirs when they have served what waits in
 * the queues.
 */
static void close_sockets(struct gcn_arbiter *arb)
{
    bool ours = gcn_generation_owns_files(arb);

    if (arb->trial != NULL) {
        gcn_sockets_close(&arb->trial->sockets, &arb->good->sockets, ours);
    }
    if (ours) {
        gcn_sockets_close(&arb->good->sockets, NULL, true);
    } else {
        gcn_sockets_leave(&arb->good->sockets, &arb->left);
    }
}

void gcn_stop_begin(struct gcn_arbiter *arb, enum gcn_stop how)
{
    bool began = arb->stop != GCN_STOP_NOT;
    int64_t grace_ms = gcn_clock_span_ms(arb->good->settings->graceful_timeout);

    if (how <= arb->stop && !(how == GCN_STOP_QUICK && arb->stop == GCN_STOP_QUICK)) {
        return;
    }
    if (how == GCN_STOP_QUICK && arb->stop == GCN_STOP_QUICK) {
        how = GCN_STOP_NOW;
    }
    if (how == GCN_STOP_NOW) {
        grace_ms = 0;
    } else if (began && grace_ms > QUICK_AFTER_GRACEFUL_MS) {
        grace_ms = QUICK_AFTER_GRACEFUL_MS;
    }
    arb->stop = how;
    arb->policy.stopping = true;
    if (!began) {
        arb->stop_began_ms = gcn_arbiter_now_ms(arb);
        arb->progress_ms = arb->stop_began_ms + FIRST_PROGRESS_MS;
        gcn_announce_stop(arb);
        close_sockets(arb);
        gcn_preload_drop(arb, arb->good);
    }
    gcn_preload_hurry(arb, grace_ms);
    gcn_workers_tell_all(arb, how == GCN_STOP_GRACEFUL ? SIGTERM : SIGQUIT, grace_ms);
}

void gcn_stop_halt(struct gcn_arbiter *arb, int code, const char *reason)
{
    if (arb->stop == GCN_STOP_NOT) {
        arb->exit_code = code;
        arb->halt_reason = reason;
        gcn_stop_begin(arb, GCN_STOP_GRACEFUL);
    }
}

void gcn_stop_progress(struct gcn_arbiter *arb)
{
    int64_t now_ms = gcn_arbiter_now_ms(arb);

    if (arb->stop == GCN_STOP_NOT || now_ms < arb->progress_ms) {
        return;
    }
    arb->progress_ms = now_ms + PROGRESS_EVERY_MS;
    for (size_t i = 0; i < arb->children.n; i++) {
        const struct gcn_child *child = &arb->children.items[i];
        char doing[GCN_WORKERS_DOING_BYTES];
        gcn_info("still waiting for worker %d%s (%" PRId64 " connections)", (int)child->pid,
                 gcn_workers_doing(child, doing),
                 atomic_load_explicit(&child->slot->connections, memory_order_relaxed));
    }
}
