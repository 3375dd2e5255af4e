/* SPDX-License-Identifier: MIT */
/*
 * The arbiter's life: open everything, supervise, stop.
 */
#include <gcorn/arbiter/arbiter.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/title.h>

#include "arbiter_private.h"

enum {
    BIND_ATTEMPTS = 5,
    BIND_PAUSE_MS = 1000,
    SPARE_SLOTS = 8,
};

/* Relative paths of log files begin in chdir. */
static bool open_logs(struct gcn_arbiter *arb, struct gcn_error *err)
{
    const struct gcn_settings *settings = arb->good->settings;

    if (settings->chdir != NULL && chdir(settings->chdir) < 0) {
        return gcn_error_set_errno(err, "cannot change to the directory %s", settings->chdir);
    }
    return gcn_logs_open(arb->good, err);
}

static bool open_process(struct gcn_arbiter *arb, struct gcn_error *err)
{
    const struct gcn_settings *settings = arb->good->settings;
    uint32_t n_slots = (uint32_t)settings->workers * 2 + SPARE_SLOTS;

    if (!gcn_signals_open(&arb->signals, err) || !gcn_loop_init(&arb->loop, err) ||
        !gcn_boards_grow(arb, n_slots, err)) {
        return false;
    }
    arb->signals_watch.fn = gcn_orders_read;
    if (!gcn_loop_watch(&arb->loop, &arb->signals_watch, arb->signals.fd, EPOLLIN)) {
        return gcn_error_set_errno(err, "cannot watch the signals");
    }
    return true;
}

/* Wait out a pause; true if a signal to stop came meanwhile. */
static bool is_stopped_within(struct gcn_arbiter *arb, int64_t pause_ms)
{
    struct pollfd fd = {.fd = arb->signals.fd, .events = POLLIN};
    int64_t until_ms = gcn_clock_ms() + pause_ms;

    for (;;) {
        int signum = gcn_signals_read(&arb->signals);
        if (signum == SIGTERM || signum == SIGINT || signum == SIGQUIT) {
            return true;
        }
        int64_t left_ms = until_ms - gcn_clock_ms();
        if (left_ms <= 0) {
            return false;
        }
        if (signum == 0) {
            poll(&fd, 1, (int)left_ms);
        }
    }
}

/* Bind, again and again for a while: a predecessor may be about to leave. An exit code. */
static bool open_sockets(struct gcn_arbiter *arb, int *code)
{
    struct gcn_generation *good = arb->good;

    *code = GCN_EXIT_ERROR;
    for (int attempt = 1;; attempt++) {
        struct gcn_error err = {{0}};
        if (gcn_sockets_open(&good->sockets, good->settings, NULL, &err)) {
            return true;
        }
        gcn_error("%s (attempt %d of %d)", err.text, attempt, BIND_ATTEMPTS);
        if (attempt == BIND_ATTEMPTS) {
            gcn_error("giving up: not every address could be bound");
            return false;
        }
        if (is_stopped_within(arb, BIND_PAUSE_MS)) {
            *code = GCN_EXIT_OK;
            return false;
        }
    }
}

static void log_notices(const struct gcn_settings *settings)
{
    for (size_t i = 0; i < settings->n_notices; i++) {
        GCN_LOG_AT(settings->notices[i].level, "%s", settings->notices[i].text);
    }
}

static bool start(struct gcn_arbiter *arb)
{
    struct gcn_error err = {{0}};
    const struct gcn_settings *settings = arb->good->settings;

    arb->exit_code = GCN_EXIT_ERROR;
    if (!open_logs(arb, &err)) {
        gcn_error("%s", err.text);
        return false;
    }
    gcn_info("gcorn %s starts", GCORN_VERSION);
    log_notices(settings);
    if (!open_process(arb, &err)) {
        gcn_error("%s", err.text);
        return false;
    }
    if (!open_sockets(arb, &arb->exit_code)) {
        return false;
    }
    gcn_sockets_log(&arb->good->sockets, settings);
    gcn_title_set("gcorn: master [%s]", gcn_settings_proc_name(settings));
    arb->policy.target = (uint32_t)settings->workers;
    arb->exit_code = GCN_EXIT_OK;
    return true;
}

static int wait_ms(const struct gcn_arbiter *arb)
{
    int64_t next_ms = gcn_policy_next_ms(&arb->policy, &arb->children);

    if (arb->stop != GCN_STOP_NOT && arb->progress_ms < next_ms) {
        next_ms = arb->progress_ms;
    }
    if (next_ms == INT64_MAX) {
        return -1;
    }
    int64_t left_ms = next_ms - gcn_clock_ms();
    return left_ms <= 0 ? 0 : left_ms > 3600000 ? 3600000 : (int)left_ms;
}

static void supervise(struct gcn_arbiter *arb)
{
    gcn_workers_manage(arb);
    while (arb->stop == GCN_STOP_NOT || arb->children.n > 0) {
        gcn_loop_wait(&arb->loop, wait_ms(arb));
        gcn_loop_dispatch(&arb->loop);
        gcn_workers_look(arb);
        gcn_workers_manage(arb);
        gcn_stop_progress(arb);
    }
}

static void finish(struct gcn_arbiter *arb)
{
    gcn_sockets_close(&arb->good->sockets, NULL, true);
    gcn_boards_finish(arb);
    gcn_loop_finish(&arb->loop);
    gcn_signals_close(&arb->signals);
    gcn_children_finish(&arb->children);
    gcn_generation_destroy(arb->trial);
    gcn_generation_destroy(arb->good);
    gcn_log_close();
}

int gcn_arbiter_run(struct gcn_settings *settings, const struct gcn_load_request *request)
{
    struct gcn_arbiter arb = {
        .request = request,
        .pid = getpid(),
        .loop = {.epoll_fd = -1},
        .signals = {.fd = -1},
    };

    arb.good = gcn_generation_create(&arb, settings);
    if (start(&arb)) {
        supervise(&arb);
        if (arb.halt_reason != NULL) {
            gcn_error("gcorn stops: %s", arb.halt_reason);
        } else {
            gcn_info("gcorn stops");
        }
    }
    finish(&arb);
    return arb.exit_code;
}
