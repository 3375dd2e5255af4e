/* SPDX-License-Identifier: MIT */
/*
 * The logs of a generation: from settings to what the log module takes.
 */
#include "arbiter_private.h"

#include <signal.h>

#include <gcorn/log/errorlog.h>

static enum gcn_log_level level_of(const struct gcn_settings *settings)
{
    static const enum gcn_log_level levels[] = {
        [GCN_CHOICE_LOG_DEBUG] = GCN_LOG_DEBUG,       [GCN_CHOICE_LOG_INFO] = GCN_LOG_INFO,
        [GCN_CHOICE_LOG_WARNING] = GCN_LOG_WARN,      [GCN_CHOICE_LOG_ERROR] = GCN_LOG_ERROR,
        [GCN_CHOICE_LOG_CRITICAL] = GCN_LOG_CRITICAL,
    };
    return levels[settings->loglevel];
}

bool gcn_logs_open_errors(const struct gcn_settings *settings, struct gcn_error *err)
{
    const struct gcn_log_options options = {
        .errorlog = settings->errorlog,
        .level = level_of(settings),
        .capture_output = settings->capture_output,
        .uid = (uid_t)settings->user,
        .gid = (gid_t)settings->group,
    };
    return gcn_log_open(&options, err);
}

/* After the error log: with capture_output, standard output is where that leads. */
bool gcn_logs_open_access(struct gcn_generation *generation, struct gcn_error *err)
{
    const struct gcn_settings *settings = generation->settings;
    const struct gcn_access_options options = {
        .accesslog = settings->accesslog,
        .format = settings->access_log_format,
        .slow_us = settings->access_log_slow * 1000,
        .statuses = settings->access_log_status.items,
        .n_statuses = settings->access_log_status.n,
        .uid = (uid_t)settings->user,
        .gid = (gid_t)settings->group,
    };

    if (settings->accesslog == NULL) {
        return true;
    }
    generation->access = gcn_access_open(&options, err);
    return generation->access != NULL;
}

void gcn_logs_reopen(struct gcn_arbiter *arb)
{
    gcn_log_reopen();
    gcn_access_reopen(arb->good->access);
    if (arb->trial != NULL) {
        gcn_access_reopen(arb->trial->access);
    }
    gcn_workers_signal_all(arb, SIGUSR1);
}
