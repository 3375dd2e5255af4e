/* SPDX-License-Identifier: MIT */
/*
 * What the arbiter itself tells statsd, as gunicorn does: how many workers there are, and how many
 * connections wait to be accepted.
 */
#include "arbiter_private.h"

#include <gcorn/log/statsd.h>
#include <gcorn/net/socket.h>
#include <gcorn/python/logger.h>

enum { BACKLOG_PACE_MS = 1000 };

static bool wants_backlog(const struct gcn_arbiter *arb)
{
    const struct gcn_settings *settings = arb->good->settings;

    return settings->enable_backlog_metric && arb->stop == GCN_STOP_NOT &&
           (gcn_statsd_is_open() || gcn_py_logger_is_custom(settings));
}

/* To statsd, or to the user's logger class, which may know another way. */
static void send_metric(const struct gcn_arbiter *arb, enum gcn_metric type, const char *name,
                        int64_t value)
{
    if (gcn_py_logger_is_custom(arb->good->settings)) {
        gcn_py_logger_metric(name, type == GCN_METRIC_GAUGE ? "gauge" : "histogram", value);
    } else {
        gcn_statsd_send(type, gcn_slice_of(name), (double)value);
    }
}

/* The TCP queues together; a unix socket does not tell. Nothing is sent if none does. */
static void send_backlog(const struct gcn_arbiter *arb)
{
    const struct gcn_sockets *sockets = &arb->good->sockets;
    bool known = false;
    int64_t sum = 0;

    for (uint32_t i = 0; i < sockets->n; i++) {
        int length = gcn_socket_queue_length(sockets->items[i].fd);
        known = known || length >= 0;
        sum += length < 0 ? 0 : length;
    }
    if (known) {
        send_metric(arb, GCN_METRIC_HISTOGRAM, "gunicorn.backlog", sum);
    }
}

void gcn_metrics_send(struct gcn_arbiter *arb)
{
    int64_t now_ms = gcn_arbiter_now_ms(arb);

    if (arb->children.n != arb->workers_told) {
        arb->workers_told = arb->children.n;
        send_metric(arb, GCN_METRIC_GAUGE, "gunicorn.workers", (int64_t)arb->children.n);
    }
    if (wants_backlog(arb) && now_ms >= arb->backlog_next_ms) {
        arb->backlog_next_ms = now_ms + BACKLOG_PACE_MS;
        send_backlog(arb);
    }
}

int64_t gcn_metrics_next_ms(const struct gcn_arbiter *arb)
{
    return wants_backlog(arb) ? arb->backlog_next_ms : INT64_MAX;
}
