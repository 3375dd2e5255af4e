/* SPDX-License-Identifier: MIT */
/*
 * What the arbiter itself tells statsd, as gunicorn does: how many workers there are, and how many
 * connections wait to be accepted.
 */
#include "arbiter_private.h"

#include <gcorn/log/statsd.h>
#include <gcorn/net/socket.h>

enum { BACKLOG_PACE_MS = 1000 };

static bool wants_backlog(const struct gcn_arbiter *arb)
{
    return gcn_statsd_is_open() && arb->good->settings->enable_backlog_metric &&
           arb->stop == GCN_STOP_NOT;
}

/* The TCP queues together; a unix socket does not tell. Nothing is sent if none does. */
static void send_backlog(const struct gcn_arbiter *arb)
{
    const struct gcn_sockets *sockets = &arb->good->sockets;
    bool known = false;
    double sum = 0;

    for (uint32_t i = 0; i < sockets->n; i++) {
        int length = gcn_socket_queue_length(sockets->items[i].fd);
        known = known || length >= 0;
        sum += length < 0 ? 0 : length;
    }
    if (known) {
        gcn_statsd_send(GCN_METRIC_HISTOGRAM, GCN_SLICE("gunicorn.backlog"), sum);
    }
}

void gcn_metrics_send(struct gcn_arbiter *arb)
{
    int64_t now_ms = gcn_arbiter_now_ms(arb);

    if (arb->children.n != arb->workers_told) {
        arb->workers_told = arb->children.n;
        gcn_statsd_send(GCN_METRIC_GAUGE, GCN_SLICE("gunicorn.workers"), (double)arb->children.n);
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
