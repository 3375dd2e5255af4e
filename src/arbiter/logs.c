/* SPDX-License-Identifier: MIT */
/*
 * The logs of a generation: from settings to what the log module takes.
 */
#include "arbiter_private.h"

#include <signal.h>
#include <stdio.h>

#include <gcorn/log/errorlog.h>
#include <gcorn/log/statsd.h>
#include <gcorn/log/syslog.h>
#include <gcorn/python/logger.h>

enum { SYSLOG_PREFIX_BYTES = 128 };

static enum gcn_log_level level_of(const struct gcn_settings *settings)
{
    static const enum gcn_log_level levels[] = {
        [GCN_CHOICE_LOG_DEBUG] = GCN_LOG_DEBUG,       [GCN_CHOICE_LOG_INFO] = GCN_LOG_INFO,
        [GCN_CHOICE_LOG_WARNING] = GCN_LOG_WARN,      [GCN_CHOICE_LOG_ERROR] = GCN_LOG_ERROR,
        [GCN_CHOICE_LOG_CRITICAL] = GCN_LOG_CRITICAL,
    };
    return levels[settings->loglevel];
}

bool gcn_logs_open_statsd(const struct gcn_settings *settings, struct gcn_error *err)
{
    const struct gcn_statsd_options options = {
        .host = settings->statsd_host,
        .prefix = settings->statsd_prefix,
        .tags = settings->dogstatsd_tags,
    };
    return settings->statsd_host == NULL || gcn_py_logger_is_custom(settings) ||
           gcn_statsd_is_open() || gcn_statsd_open(&options, err) ||
           gcn_error_prefix(err, "no metrics are sent; a reload (HUP) tries again");
}

/* What a syslog tag has between "gunicorn." and the name of the log. */
static void print_syslog_prefix(const struct gcn_settings *settings, char out[SYSLOG_PREFIX_BYTES])
{
    bool given = settings->syslog_prefix != NULL && settings->syslog_prefix[0] != '\0';
    const char *name = gcn_settings_proc_name(settings);

    snprintf(out, SYSLOG_PREFIX_BYTES, "%s", given ? settings->syslog_prefix : name);
    for (char *at = out; !given && *at != '\0'; at++) {
        *at = *at == ':' ? '.' : *at;
    }
}

static struct gcn_syslog_options syslog_options(const struct gcn_settings *settings,
                                                const char *prefix)
{
    return (struct gcn_syslog_options){
        .address = settings->syslog_addr,
        .facility = settings->syslog_facility,
        .prefix = prefix,
    };
}

bool gcn_logs_open_errors(const struct gcn_settings *settings, struct gcn_error *err)
{
    char prefix[SYSLOG_PREFIX_BYTES];
    print_syslog_prefix(settings, prefix);
    const struct gcn_syslog_options syslog = syslog_options(settings, prefix);
    const struct gcn_log_options options = {
        .errorlog = settings->errorlog,
        .level = level_of(settings),
        .capture_output = settings->capture_output,
        .uid = (uid_t)settings->user,
        .gid = (gid_t)settings->group,
        .syslog = settings->syslog ? &syslog : NULL,
    };
    return gcn_log_open(&options, err);
}

bool gcn_logs_open(const struct gcn_generation *generation, struct gcn_error *err)
{
    return gcn_logs_open_errors(generation->settings, err) &&
           gcn_py_logger_open(generation->hooks, err);
}

/* After the error log: with capture_output, standard output is where that leads. */
bool gcn_logs_open_access(struct gcn_generation *generation, struct gcn_error *err)
{
    const struct gcn_settings *settings = generation->settings;
    bool to_syslog = settings->syslog && !settings->disable_redirect_access_to_syslog;
    char prefix[SYSLOG_PREFIX_BYTES];
    print_syslog_prefix(settings, prefix);
    const struct gcn_syslog_options syslog = syslog_options(settings, prefix);
    const struct gcn_access_options options = {
        .accesslog = settings->accesslog,
        .format = settings->access_log_format,
        .slow_us = settings->access_log_slow < INT64_MAX / 1000 ? settings->access_log_slow * 1000
                                                                 : INT64_MAX,
        .statuses = settings->access_log_status.items,
        .n_statuses = settings->access_log_status.n,
        .uid = (uid_t)settings->user,
        .gid = (gid_t)settings->group,
        .syslog = to_syslog ? &syslog : NULL,
    };

    if ((settings->accesslog == NULL && !to_syslog) || gcn_py_logger_wants(settings)) {
        return true; /* there is none, or the logger in Python writes it */
    }
    generation->access = gcn_access_open(&options, err);
    return generation->access != NULL;
}

void gcn_logs_reopen(struct gcn_arbiter *arb)
{
    gcn_log_reopen();
    gcn_py_logger_reopen();
    gcn_access_reopen(arb->good->access);
    if (arb->trial != NULL) {
        gcn_access_reopen(arb->trial->access);
    }
    gcn_preload_reopen(arb);
    gcn_workers_signal_all(arb, SIGUSR1);
}
