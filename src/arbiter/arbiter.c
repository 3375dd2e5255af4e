/* SPDX-License-Identifier: MIT */
/*
 * The arbiter's life: start, supervise, finish.
 */
#include <gcorn/arbiter/arbiter.h>

#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/log/statsd.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/python.h>

#include "arbiter_private.h"

enum {
    LONGEST_WAIT_MS = 3600000,
    LOG_LOOK_MS = 250, /* between two looks at whether syslog takes what waits for it */
};

static int wait_ms(const struct gcn_arbiter *arb)
{
    int64_t next_ms = gcn_policy_next_ms(&arb->policy, &arb->children);
    int64_t preload_ms = gcn_preload_next_ms(arb);

    next_ms = preload_ms < next_ms ? preload_ms : next_ms;
    if (arb->stop != GCN_STOP_NOT && arb->progress_ms < next_ms) {
        next_ms = arb->progress_ms;
    }
    if (arb->watchdog_ms > 0 && arb->watchdog_next_ms < next_ms) {
        next_ms = arb->watchdog_next_ms;
    }
    int64_t metrics_ms = gcn_metrics_next_ms(arb);
    next_ms = metrics_ms < next_ms ? metrics_ms : next_ms;
    if (gcn_log_is_waiting()) {
        int64_t look_ms = gcn_arbiter_now_ms(arb) + LOG_LOOK_MS;
        next_ms = look_ms < next_ms ? look_ms : next_ms;
    }
    if (next_ms == INT64_MAX) {
        return -1;
    }
    int64_t left_ms = next_ms - gcn_clock_ms();
    return left_ms <= 0 ? 0 : left_ms > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : (int)left_ms;
}

static void supervise(struct gcn_arbiter *arb)
{
    arb->loop.now_us = gcn_clock_us();
    gcn_upgrade_look(arb); /* before signals were held, the predecessor's end could not be told */
    gcn_workers_manage(arb);
    gcn_metrics_send(arb);
    gcn_log_flush();
    while (arb->stop == GCN_STOP_NOT || arb->children.n > 0 || arb->leaving.pid != 0) {
        gcn_loop_wait(&arb->loop, wait_ms(arb));
        gcn_loop_dispatch(&arb->loop);
        gcn_workers_look(arb);
        gcn_reload_code(arb);
        gcn_workers_manage(arb);
        gcn_reload_settle(arb);
        if (arb->policy.target == 0) {
            gcn_announce_start(arb, GCN_EXIT_OK); /* there is no first worker to wait for */
        }
        gcn_stop_progress(arb);
        gcn_announce_life(arb);
        gcn_metrics_send(arb);
        gcn_log_flush();
    }
}

/* `started`: it has come to supervising. */
static void finish(struct gcn_arbiter *arb, bool started)
{
    struct gcn_hook_call call = {.worker = NULL};

    gcn_start_unname(arb);
    if (started && !arb->hook_failed && !gcn_hooks_run(arb, GCN_HOOK_ON_EXIT, &call)) {
        gcn_error("a hook failed: gcorn ends with %d", arb->exit_code);
    }
    gcn_free(arb->pidfile); /* on_exit has seen its name */
    gcn_announce_start(arb, arb->exit_code); /* if it has not come to an announcement */
    gcn_sockets_close(&arb->handed, NULL, false);
    gcn_boards_finish(arb);
    gcn_generation_destroy(arb, arb->trial, arb->good);
    gcn_generation_destroy(arb, arb->good, NULL);
    gcn_loop_finish(&arb->loop);
    gcn_signals_close(&arb->signals);
    gcn_children_finish(&arb->children);
    gcn_py_stop();
    gcn_statsd_close();
    gcn_log_close();
    gcn_upgrade_settle(arb); /* at the very end: of two arbiters that end together one has to see that it is last */
    gcn_sockets_close(&arb->left, NULL, gcn_generation_owns_files(arb));
}

/*
 * Go into the background if that is asked for. True if this process goes on, else *code is its end.
 */
static bool split(struct gcn_arbiter *arb, int *code)
{
    struct gcn_error err = {{0}};

    if (!arb->good->settings->daemon || arb->predecessor > 0) {
        return true; /* whom a daemon starts is in the background already */
    }
    gcn_py_before_fork(); /* a config file may have started Python */
    enum gcn_daemon_role role = gcn_daemon_start(&arb->daemon, code, &err);
    if (role == GCN_DAEMON_BACKGROUND) {
        gcn_py_after_fork_child();
        gcn_py_leave();
        return true;
    }
    gcn_py_after_fork_parent();
    if (role == GCN_DAEMON_FAILED) {
        gcn_error("%s", err.text);
        *code = GCN_EXIT_ERROR;
    }
    return false;
}

int gcn_arbiter_run(struct gcn_settings *settings, const struct gcn_load_request *request)
{
    struct gcn_arbiter arb = {
        .request = request,
        .loop = {.epoll_fd = -1},
        .signals = {.fd = -1},
        .daemon = {.report_fd = -1},
        .leaving = {.fd = -1},
    };

    arb.good = gcn_generation_create(&arb, settings);
    gcn_upgrade_accept(&arb);
    if (!split(&arb, &arb.exit_code)) {
        gcn_settings_destroy(settings);
        gcn_free(arb.good);
        return arb.exit_code;
    }
    arb.pid = getpid();
    bool started = gcn_start(&arb);
    if (started) {
        supervise(&arb);
        if (arb.halt_reason != NULL) {
            gcn_error("gcorn stops: %s", arb.halt_reason);
        } else {
            gcn_info("gcorn stops");
        }
    }
    finish(&arb, started);
    return arb.exit_code;
}
