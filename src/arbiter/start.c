/* SPDX-License-Identifier: MIT */
/*
 * The start: from settings to listening sockets.
 */
#include "arbiter_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/pidfile.h>
#include <gcorn/proc/systemd.h>
#include <gcorn/proc/title.h>
#include <gcorn/python/logger.h>

enum { BIND_ATTEMPTS = 5, BIND_PAUSE_MS = 1000 };

static const char successor_suffix[] = ".2"; /* of names, until the predecessor is gone */

/* The three texts in one, to be freed. */
static char *join(const char *first, const char *second, const char *third)
{
    struct gcn_buf text = {0};

    gcn_buf_printf(&text, "%s%s%s", first, second, third);
    return gcn_buf_take(&text);
}

/* From the root, as the directory changes while a reload tries another `chdir`. To be freed. */
static char *path_of(const struct gcn_settings *settings, const char *name)
{
    return name[0] == '/' ? gcn_strdup(name) : join(settings->chdir, "/", name);
}

void gcn_start_unname(struct gcn_arbiter *arb)
{
    if (arb->pidfile_path != NULL) {
        gcn_pidfile_remove(arb->pidfile_path, arb->pid);
    }
    gcn_free(arb->pidfile_path);
    arb->pidfile_path = NULL;
}

void gcn_start_unname_successor(const struct gcn_arbiter *arb)
{
    if (arb->pidfile_path != NULL) {
        char *path = join(arb->pidfile_path, successor_suffix, "");
        gcn_pidfile_remove(path, arb->successor);
        gcn_free(path);
    }
}

bool gcn_start_name(struct gcn_arbiter *arb, struct gcn_error *err)
{
    const struct gcn_settings *settings = arb->good->settings;
    const char *suffix = arb->predecessor > 0 ? successor_suffix : "";
    char *name = NULL, *path = NULL;

    gcn_title_set("gcorn: master [%s%s]", gcn_settings_proc_name(settings), suffix);
    if (settings->pidfile != NULL) {
        name = join(settings->pidfile, suffix, "");
        path = path_of(settings, name);
    }
    if (path != NULL && !gcn_pidfile_write(path, arb->pid, err)) {
        gcn_free(name);
        gcn_free(path);
        return false;
    }
    if (path == NULL || arb->pidfile_path == NULL || strcmp(path, arb->pidfile_path) != 0) {
        gcn_start_unname(arb);
    }
    gcn_free(arb->pidfile);
    gcn_free(arb->pidfile_path);
    arb->pidfile = name;
    arb->pidfile_path = path;
    return true;
}

void gcn_start_rename(struct gcn_arbiter *arb)
{
    struct gcn_error err = {{0}};

    if (!gcn_start_name(arb, &err)) {
        gcn_error("%s; %s%s", err.text,
                  arb->pidfile_path == NULL ? "there is none" : "the one of before stays: ",
                  arb->pidfile_path == NULL ? "" : arb->pidfile_path);
    }
}

static bool open_process(struct gcn_arbiter *arb, struct gcn_error *err)
{
    if (!gcn_signals_open(&arb->signals, err) || !gcn_loop_init(&arb->loop, err) ||
        !gcn_boards_fit(arb, arb->good->settings, err)) {
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

/* Bind, again and again for a while: a predecessor may be about to leave. */
static bool open_sockets(struct gcn_arbiter *arb)
{
    for (int attempt = 1;; attempt++) {
        struct gcn_error err = {{0}};
        if (gcn_generation_open(arb, arb->good, NULL, &err)) {
            return true;
        }
        bool busy = errno == EADDRINUSE || errno == EADDRNOTAVAIL;
        if (!busy) {
            gcn_error("%s", err.text);
            return false;
        }
        gcn_error("%s (attempt %d of %d)", err.text, attempt, BIND_ATTEMPTS);
        if (attempt == BIND_ATTEMPTS) {
            gcn_error("giving up: not every address could be bound");
            return false;
        }
        if (is_stopped_within(arb, BIND_PAUSE_MS)) {
            arb->exit_code = GCN_EXIT_OK;
            return false;
        }
    }
}

/* The sockets that systemd opened stand in for the setting. */
static bool take_activated(struct gcn_arbiter *arb, struct gcn_error *err)
{
    const struct gcn_listener_options options = gcn_sockets_options(arb->good->settings);
    int n = 0;

    if (arb->activated) {
        return true; /* handed on by the arbiter before us */
    }
    if (!gcn_systemd_take_fds(&n, err)) {
        return false;
    }
    if (n == 0) {
        return true;
    }
    arb->activated = true;
    arb->handed.items = gcn_alloc_zero((size_t)n, sizeof(*arb->handed.items));
    for (int i = 0; i < n; i++) {
        struct gcn_listener *listener = &arb->handed.items[arb->handed.n];
        if (!gcn_listener_adopt(listener, GCN_SYSTEMD_FIRST_FD + i, &options, err)) {
            return gcn_error_prefix(err, "socket activation");
        }
        arb->handed.n++;
    }
    if (arb->good->settings->origins[GCN_SETTING_bind].layer != GCN_LAYER_DEFAULT) {
        gcn_info("systemd has opened the sockets; bind is not looked at");
    }
    return true;
}

static void log_notices(const struct gcn_settings *settings)
{
    for (size_t i = 0; i < settings->n_notices; i++) {
        GCN_LOG_AT(settings->notices[i].level, "%s", settings->notices[i].text);
    }
}

/* What it raises ends the start. */
static bool run_hook(struct gcn_arbiter *arb, enum gcn_hook hook, struct gcn_error *err)
{
    struct gcn_hook_call call = {.new_value = arb->policy.target, .old_value = -1};

    return gcn_hooks_run(arb, hook, &call) || gcn_error_set(err, "a hook failed: gcorn ends");
}

static bool prepare(struct gcn_arbiter *arb, struct gcn_error *err)
{
    const struct gcn_settings *settings = arb->good->settings;
    struct gcn_error notice = {{0}};

    if (settings->chdir != NULL && chdir(settings->chdir) < 0) {
        return gcn_error_set_errno(err, "cannot change to the directory %s", settings->chdir);
    }
    bool counts = gcn_logs_open_statsd(settings, &notice);
    if (!gcn_logs_open_errors(settings, err) || !gcn_hooks_open(arb, arb->good, err) ||
        !gcn_py_logger_open(arb->good->hooks, err)) {
        return false;
    }
    gcn_info("gcorn %s starts", GCORN_VERSION);
    log_notices(settings);
    if (!counts) {
        gcn_warn("%s", notice.text);
    }
    arb->policy.target = (uint32_t)settings->workers;
    return run_hook(arb, GCN_HOOK_NWORKERS_CHANGED, err) && gcn_start_name(arb, err) &&
           run_hook(arb, GCN_HOOK_ON_STARTING, err) && open_process(arb, err) &&
           take_activated(arb, err);
}

bool gcn_start(struct gcn_arbiter *arb)
{
    struct gcn_error err = {{0}};
    const struct gcn_settings *settings = arb->good->settings;

    arb->exit_code = GCN_EXIT_ERROR;
    if (!prepare(arb, &err)) {
        gcn_error("%s", err.text);
        return false;
    }
    if (!open_sockets(arb)) {
        return false;
    }
    gcn_sockets_close(&arb->handed, &arb->good->sockets, false);
    gcn_sockets_log(&arb->good->sockets, settings);
    arb->watchdog_ms = gcn_systemd_watchdog_ms();
    arb->exit_code = GCN_EXIT_OK;
    if (!run_hook(arb, GCN_HOOK_WHEN_READY, &err)) {
        gcn_error("%s", err.text);
        return false;
    }
    return true;
}
