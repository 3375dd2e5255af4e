/* SPDX-License-Identifier: MIT */
/*
 * Has the client of a request that waited its turn left meanwhile? A reset says so, and so does a
 * unix peer that has closed. A TCP peer that closes looks like one that has only finished sending:
 * both send a FIN. What tells them apart is when it came. Half-closing clients send it behind their
 * request, with the end of a pipe perhaps; a client that gave up sends it after having waited.
 */
#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

enum { GAVE_UP_MS = 1000 }; /* between the last data and the FIN */

static bool fin_came_late(int fd)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0) {
        return false;
    }
    return info.tcpi_last_data_recv > info.tcpi_last_ack_recv &&
           info.tcpi_last_data_recv - info.tcpi_last_ack_recv > GAVE_UP_MS;
}

bool gcn_conn_has_left(struct gcn_conn *conn)
{
    struct pollfd state = {.fd = conn->fd, .events = POLLIN | POLLRDHUP};

    if (poll(&state, 1, 0) <= 0) {
        return false;
    }
    if (state.revents & (POLLERR | POLLHUP)) {
        return true;
    }
    return (state.revents & POLLRDHUP) != 0 && !conn->peer.is_unix && fin_came_late(conn->fd);
}
