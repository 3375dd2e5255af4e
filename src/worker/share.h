/* SPDX-License-Identifier: MIT */
/*
 * Which of several workers takes a connection that waits. Pure: reads the scoreboard, does nothing.
 */
#ifndef GCORN_WORKER_SHARE_H
#define GCORN_WORKER_SHARE_H

#include <stdint.h>

#include <gcorn/proc/scoreboard.h>

enum gcn_share {
    GCN_SHARE_TAKE,  /* accept it */
    GCN_SHARE_LEAVE, /* *sibling is the better place: wake it, and look again in some milliseconds */
    GCN_SHARE_WAIT,  /* no good place anywhere: look again in some milliseconds */
    GCN_SHARE_HESITATE, /* the same, but if it is no better then, take it */
};

/*
 * What the worker of `self` should do with a connection. Its own numbers are right; those of the
 * others may be some microseconds old. `most` is worker_connections. *sibling is set for
 * GCN_SHARE_LEAVE.
 */
enum gcn_share gcn_share_decide(const struct gcn_scoreboard *board, const struct gcn_slot *self,
                                int64_t most, const struct gcn_slot **sibling);

#endif
