/* SPDX-License-Identifier: MIT */
/*
 * Metrics to a statsd daemon, with gunicorn's names and types. One a process; a worker inherits the
 * arbiter's and gathers lines of its own. Several metrics go in one datagram, a line each; nothing
 * ever waits, and what the daemon does not take is lost. Any thread.
 */
#ifndef GCORN_LOG_STATSD_H
#define GCORN_LOG_STATSD_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/log.h>
#include <gcorn/base/slice.h>

/* Used during a call only. */
struct gcn_statsd_options {
    const char *host;   /* HOST, HOST:PORT, [IPV6]:PORT, unix://PATH or unix:PATH; port 8125 */
    const char *prefix; /* before every name, with one dot between; "" for none */
    const char *tags;   /* "a:b,c": dogstatsd tags; "" for none */
};

/* Types as they stand in a line: g, c, h, ms. */
enum gcn_metric {
    GCN_METRIC_GAUGE,
    GCN_METRIC_COUNTER,
    GCN_METRIC_HISTOGRAM,
    GCN_METRIC_TIMER,
};

/* True if these can be used, as far as their text tells. `err` begins with the setting's name. */
GCN_MUST_CHECK bool gcn_statsd_check(const struct gcn_statsd_options *options,
                                     struct gcn_error *err);

/*
 * The same, and look the host up; the daemon need not be there. False, with all as it was, also if
 * the host has no address.
 */
GCN_MUST_CHECK bool gcn_statsd_open(const struct gcn_statsd_options *options,
                                    struct gcn_error *err);

/* Send what is gathered and close. Harmless if not open. */
void gcn_statsd_close(void);

/* True between gcn_statsd_open and gcn_statsd_close: metrics are worth making. Any thread. */
bool gcn_statsd_is_open(void);

/*
 * One metric. Nothing if statsd is not open. A name with bytes that mean something in a line is
 * dropped.
 */
void gcn_statsd_send(enum gcn_metric type, struct gcn_slice name, double value);

/* A request that was answered: gunicorn.request.duration, .requests and .request.status.CODE. */
void gcn_statsd_request(int status, int64_t duration_us);

/*
 * A line was logged: gunicorn.log.warning, .error, .critical or .exception; lower levels do not
 * count.
 */
void gcn_statsd_log(enum gcn_log_level level);

/* Send what is gathered: before a wait. */
void gcn_statsd_flush(void);

#endif
