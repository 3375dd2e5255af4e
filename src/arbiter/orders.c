/* SPDX-License-Identifier: MIT */
/*
 * What each signal asks of the arbiter. The number of workers that comes while a reload is tried
 * holds for both generations: whichever will serve, nobody's order is lost.
 */
#include "arbiter_private.h"

#include <signal.h>

#include <gcorn/base/log.h>

static void order_more(struct gcn_arbiter *arb)
{
    if (arb->trial != NULL) {
        arb->trial->target++;
    }
    arb->policy.target++;
    gcn_info("now %u workers", arb->policy.target);
    gcn_announce_workers(arb);
    gcn_hooks_workers_changed(arb, arb->policy.target - 1);
}

static void order_fewer(struct gcn_arbiter *arb)
{
    if (arb->trial != NULL && arb->trial->target > 1) {
        arb->trial->target--;
    }
    if (arb->policy.target <= 1) {
        gcn_info("still %u workers: the last one stays", arb->policy.target);
        return;
    }
    arb->policy.target--;
    gcn_info("now %u workers", arb->policy.target);
    gcn_announce_workers(arb);
    gcn_hooks_workers_changed(arb, arb->policy.target + 1);
}

/* A terminal sends it whenever its window changes; only a daemon has none. */
static void order_no_workers(struct gcn_arbiter *arb)
{
    if (!arb->good->settings->daemon) {
        gcn_debug("not a daemon: nothing is done");
        return;
    }
    uint32_t old = arb->policy.target;
    if (arb->trial != NULL) {
        arb->trial->target = 0;
    }
    arb->policy.target = 0;
    gcn_info("now no workers; TTIN starts one, HUP all of them");
    gcn_announce_workers(arb);
    gcn_hooks_workers_changed(arb, old);
}

static void order_graceful_stop(struct gcn_arbiter *arb)
{
    gcn_stop_begin(arb, GCN_STOP_GRACEFUL);
}

static void order_quick_stop(struct gcn_arbiter *arb)
{
    gcn_stop_begin(arb, GCN_STOP_QUICK);
}

static const struct {
    int signum;
    bool while_stopping; /* is it heeded once a stop has begun? */
    enum gcn_log_level level;
    void (*act)(struct gcn_arbiter *arb);
} orders[] = {
    {SIGCHLD, true, GCN_LOG_DEBUG, gcn_workers_reap},
    {SIGTERM, true, GCN_LOG_INFO, order_graceful_stop},
    {SIGINT, true, GCN_LOG_INFO, order_quick_stop},
    {SIGQUIT, true, GCN_LOG_INFO, order_quick_stop},
    {SIGHUP, false, GCN_LOG_INFO, gcn_reload_begin},
    {SIGUSR1, true, GCN_LOG_INFO, gcn_logs_reopen},
    {SIGUSR2, false, GCN_LOG_INFO, gcn_upgrade_begin},
    {SIGWINCH, false, GCN_LOG_DEBUG, order_no_workers},
    {SIGTTIN, false, GCN_LOG_INFO, order_more},
    {SIGTTOU, false, GCN_LOG_INFO, order_fewer},
};

static void obey(struct gcn_arbiter *arb, int signum)
{
    char name[GCN_SIGNAL_NAME_BYTES];

    for (size_t i = 0; i < GCN_COUNT(orders); i++) {
        if (orders[i].signum == signum) {
            GCN_LOG_AT(orders[i].level, "got %s", gcn_signal_name(signum, name));
            if (arb->stop == GCN_STOP_NOT || orders[i].while_stopping) {
                orders[i].act(arb);
            }
            return;
        }
    }
    gcn_info("got %s, which has no meaning here", gcn_signal_name(signum, name));
}

void gcn_orders_read(struct gcn_watch *watch, uint32_t events)
{
    struct gcn_arbiter *arb = GCN_CONTAINER_OF(watch, struct gcn_arbiter, signals_watch);
    int signum;

    (void)events;
    while ((signum = gcn_signals_read(&arb->signals)) != 0) {
        obey(arb, signum);
    }
}
