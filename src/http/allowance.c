/* SPDX-License-Identifier: MIT */
/*
 * How much output the kernel may hold for a client that does not read. It would take up to 4 MiB
 * for each, and when TCP runs short of memory all clients suffer: some thousand that never read
 * slow down every process of the machine. So the share of each depends on how many are behind, and
 * on what it has read.
 */
#include "conn.h"

#include <gcorn/net/socket.h>

enum {
    WIDE_MAX = 16, /* connections for which the kernel may hold as much as it likes */
    LITTLE_BYTES = 8 * 1024,
    PROOF_BYTES = 256 * 1024, /* more than a client's kernel takes for one that never reads */
};

static void allow(struct gcn_conn *conn, enum gcn_allowance allowance)
{
    static const int bytes[] = {
        [GCN_ALLOW_USUAL] = GCN_SOCKET_UNSENT_BYTES,
        [GCN_ALLOW_ANY] = 0,
        [GCN_ALLOW_LITTLE] = LITTLE_BYTES,
    };

    if (conn->allowance == allowance || conn->peer.is_unix) {
        return;
    }
    gcn_socket_limit_unsent(conn->fd, bytes[allowance]);
    if (conn->allowance == GCN_ALLOW_ANY) {
        conn->core->n_wide--;
    } else if (allowance == GCN_ALLOW_ANY) {
        conn->core->n_wide++;
    }
    conn->allowance = (uint8_t)allowance;
}

void gcn_conn_allow_to_send(struct gcn_conn *conn)
{
    bool crowded = gcn_core_is_crowded(conn->core);

    if (conn->allowance == GCN_ALLOW_LITTLE && !crowded) {
        allow(conn, GCN_ALLOW_USUAL);
    } else if (conn->allowance == GCN_ALLOW_USUAL && crowded && conn->taken < PROOF_BYTES &&
               gcn_out_exceeds(&conn->out, LITTLE_BYTES)) {
        allow(conn, GCN_ALLOW_LITTLE);
    }
}

void gcn_conn_allow_behind(struct gcn_conn *conn, size_t sent)
{
    struct gcn_core *core = conn->core;

    if (!conn->slow) {
        conn->slow = true;
        core->n_slow++;
    }
    conn->taken += sent < PROOF_BYTES - conn->taken ? (uint32_t)sent : PROOF_BYTES - conn->taken;
    if (conn->allowance == GCN_ALLOW_LITTLE && conn->taken == PROOF_BYTES) {
        allow(conn, GCN_ALLOW_USUAL);
    } else if (conn->allowance == GCN_ALLOW_USUAL && core->n_wide < WIDE_MAX) {
        allow(conn, GCN_ALLOW_ANY);
    }
}

void gcn_conn_allow_sent(struct gcn_conn *conn)
{
    if (conn->slow) {
        conn->slow = false;
        conn->core->n_slow--;
    }
    if (conn->allowance == GCN_ALLOW_ANY) {
        allow(conn, GCN_ALLOW_USUAL);
    }
}
