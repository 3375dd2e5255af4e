/* SPDX-License-Identifier: MIT */
/*
 * Telling those who wait for us: systemd, and the command that put us into the background.
 */
#include "arbiter_private.h"

#include <inttypes.h>

#include <gcorn/base/clock.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/systemd.h>
#include <gcorn/worker/worker.h>

/* The variables of sd_notify(3), for a server that serves. */
#define SERVING "STATUS=serving with %u workers\n"

/* Let go of the streams that the start could be watched on. The workers do it once they are up. */
static void detach(struct gcn_arbiter *arb)
{
    gcn_worker_detach(arb->good->settings, arb->good->access);
    if (arb->trial != NULL) {
        gcn_worker_detach(arb->good->settings, arb->trial->access);
    }
    gcn_preload_detach(arb);
}

void gcn_announce_start(struct gcn_arbiter *arb, int code)
{
    if (arb->announced) {
        return;
    }
    arb->announced = true;
    if (code == GCN_EXIT_OK) {
        gcn_systemd_notify("READY=1\n" SERVING, arb->policy.target);
    }
    if (arb->daemon.report_fd >= 0) {
        if (code == GCN_EXIT_OK) { /* else this process ends, and its last words are for them */
            detach(arb);
        }
        gcn_daemon_report(&arb->daemon, code);
    }
}

void gcn_announce_reloading(void)
{
    gcn_systemd_notify("RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading\n",
                       gcn_clock_us());
}

void gcn_announce_reloaded(struct gcn_arbiter *arb, const char *problem)
{
    if (problem == NULL) {
        gcn_systemd_notify("READY=1\n" SERVING, arb->policy.target);
    } else {
        gcn_systemd_notify("READY=1\nSTATUS=reload failed, still serving what was before: %s\n",
                           problem);
    }
}

void gcn_announce_workers(const struct gcn_arbiter *arb)
{
    /* Else it is said when the start or the reload is over. */
    if (arb->announced && arb->trial == NULL) {
        gcn_systemd_notify(SERVING, arb->policy.target);
    }
}

void gcn_announce_stop(const struct gcn_arbiter *arb)
{
    if (arb->successor > 0) {
        gcn_systemd_notify("MAINPID=%d\nREADY=1\nSTATUS=upgraded\n", (int)arb->successor);
    } else if (arb->predecessor == 0) {
        gcn_systemd_notify("STOPPING=1\nSTATUS=stopping\n");
    }
}

void gcn_announce_life(struct gcn_arbiter *arb)
{
    int64_t now_ms = gcn_arbiter_now_ms(arb);

    if (arb->watchdog_ms > 0 && now_ms >= arb->watchdog_next_ms) {
        arb->watchdog_next_ms = now_ms + arb->watchdog_ms / 2;
        gcn_systemd_notify("WATCHDOG=1\n");
    }
}
