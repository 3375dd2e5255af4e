/* SPDX-License-Identifier: MIT */
/*
 * Responses that the kernel has and sends together: gcn_core_gather in core.h says why.
 */
#include "conn.h"

enum { LONG_ENOUGH_US = 300 }; /* that a response waits for others while none of their calls is long */

void gcn_core_scatter(struct gcn_core *core)
{
    struct gcn_gathered *gathered = &core->gathered;

    gathered->on = false;
    for (int i = 0; i < gathered->n; i++) {
        gcn_socket_push(gathered->conns[i]->fd);
    }
    gathered->n = 0;
}

bool gcn_core_is_gathered(const struct gcn_core *core)
{
    const struct gcn_gathered *gathered = &core->gathered;

    return gathered->n == GCN_GATHERED_MAX ||
           (gathered->n > 0 && core->loop->now_us - gathered->since_us >= LONG_ENOUGH_US);
}

static bool is_gathered(const struct gcn_conn *conn)
{
    const struct gcn_gathered *gathered = &conn->core->gathered;

    for (int i = 0; i < gathered->n; i++) {
        if (gathered->conns[i] == conn) {
            return true;
        }
    }
    return false;
}

bool gcn_conn_may_gather(const struct gcn_conn *conn)
{
    const struct gcn_gathered *gathered = &conn->core->gathered;

    /* A second response on the same connection, to a pipelined request, takes the first along. */
    return GCN_UNLIKELY(gathered->on) && gathered->n < GCN_GATHERED_MAX && conn->x != NULL &&
           !conn->listener->is_unix && gcn_response_is_whole(&conn->x->res) &&
           gcn_response_keeps(&conn->x->res) && !is_gathered(conn);
}

void gcn_conn_gathered(struct gcn_conn *conn)
{
    struct gcn_gathered *gathered = &conn->core->gathered;

    if (gathered->n == 0) {
        gathered->since_us = conn->core->loop->now_us;
    }
    gathered->conns[gathered->n++] = conn;
}

void gcn_conn_ungather(struct gcn_conn *conn)
{
    struct gcn_gathered *gathered = &conn->core->gathered;

    for (int i = 0; i < gathered->n; i++) {
        if (gathered->conns[i] == conn) {
            gathered->conns[i] = gathered->conns[--gathered->n];
            return;
        }
    }
}
