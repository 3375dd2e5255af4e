/* SPDX-License-Identifier: MIT */
/*
 * The arbiter as its own files see it.
 */
#ifndef GCORN_ARBITER_ARBITER_PRIVATE_H
#define GCORN_ARBITER_ARBITER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/arbiter/arbiter.h>
#include <gcorn/log/access.h>
#include <gcorn/net/loop.h>
#include <gcorn/proc/scoreboard.h>
#include <gcorn/proc/signals.h>
#include <gcorn/proc/spawn.h>

#include "children.h"
#include "policy.h"
#include "sockets.h"

/* One scoreboard; a full one gets a larger successor and stays until its last worker is gone. */
struct gcn_arbiter_board {
    struct gcn_scoreboard board;
    struct gcn_watch watch;          /* of board.arbiter_fd */
    uint32_t taken;                  /* slots in use */
    struct gcn_arbiter_board *older; /* owned */
};

/* Settings with what was made of them. Lifetime: while workers of it are to be started. */
struct gcn_generation {
    uint64_t number; /* 1, 2, … */
    struct gcn_settings *settings; /* owned */
    struct gcn_access *access;     /* owned; NULL: no access log */
    struct gcn_sockets sockets;
};

enum gcn_stop {
    GCN_STOP_NOT,
    GCN_STOP_GRACEFUL, /* TERM: workers finish what they have */
    GCN_STOP_QUICK,    /* INT, QUIT: workers drop what they have */
    GCN_STOP_NOW,      /* asked again: workers are killed */
};

/* Process. */
struct gcn_arbiter {
    const struct gcn_load_request *request; /* borrowed */
    pid_t pid;
    struct gcn_generation *good;            /* owned; what workers are kept of */
    struct gcn_generation *trial;           /* owned; what a reload tries, or NULL */
    bool confirmed;                         /* a worker of this arbiter has been ready once */
    uint64_t generations;                   /* made so far */
    uint64_t ages;                          /* workers started so far */

    struct gcn_loop loop;
    struct gcn_signals signals;
    struct gcn_watch signals_watch;
    struct gcn_arbiter_board *boards; /* owned; new workers get slots of the first */
    struct gcn_children children;
    struct gcn_policy policy;

    enum gcn_stop stop;
    int64_t stop_began_ms;
    int64_t progress_ms; /* when to say next what a stop waits for */
    int exit_code;
    const char *halt_reason; /* why it stops by itself; NULL: it was told to */
};

/* boards.c */

/* Open a first board, or one of twice the size. */
GCN_MUST_CHECK bool gcn_boards_grow(struct gcn_arbiter *arb, uint32_t n_slots,
                                    struct gcn_error *err);

/* A free slot for `child`, with its board. False (logged) if the system gives no more. */
GCN_MUST_CHECK bool gcn_boards_take(struct gcn_arbiter *arb, struct gcn_child *child);

/* Give back the slot of a reaped child; an older board goes with its last one. */
void gcn_boards_give_back(struct gcn_arbiter *arb, struct gcn_child *child);

void gcn_boards_finish(struct gcn_arbiter *arb);

/* generation.c */

/* Take over `settings` as the next generation; its sockets are not open yet. */
struct gcn_generation *gcn_generation_create(struct gcn_arbiter *arb,
                                             struct gcn_settings *settings);

/* Free it; its sockets are closed already. NULL is fine. */
void gcn_generation_destroy(struct gcn_generation *generation);

/* logs.c */

/*
 * Send the error log where the generation's settings say, and open its access log. On false `err` has
 * the reason, and the logs are as before.
 */
GCN_MUST_CHECK bool gcn_logs_open(struct gcn_generation *generation, struct gcn_error *err);

/* USR1: open the files of all logs again, here and in the workers. */
void gcn_logs_reopen(struct gcn_arbiter *arb);

/* workers.c */

/* Look at what workers have written: who is ready, who is tired. */
void gcn_workers_look(struct gcn_arbiter *arb);

/* Carry out what the policy says, until it says nothing. */
void gcn_workers_manage(struct gcn_arbiter *arb);

/* Collect every child that has ended. */
void gcn_workers_reap(struct gcn_arbiter *arb);

/* Send `signum` to all workers that are not leaving yet; they have `grace_ms` from now. */
void gcn_workers_tell_all(struct gcn_arbiter *arb, int signum, int64_t grace_ms);

/* Send `signum` to all workers, and nothing else. */
void gcn_workers_signal_all(struct gcn_arbiter *arb, int signum);

/* orders.c */

/* Read the signals that are pending and do what they ask for. A loop callback. */
void gcn_orders_read(struct gcn_watch *watch, uint32_t events);

/* stop.c */

/* Begin to stop, or stop more quickly. */
void gcn_stop_begin(struct gcn_arbiter *arb, enum gcn_stop how);

/* Stop by ourselves, with `code`, because of `reason` (static text). */
void gcn_stop_halt(struct gcn_arbiter *arb, int code, const char *reason);

/* Say what a stop waits for, when it is time to. */
void gcn_stop_progress(struct gcn_arbiter *arb);

/* The clock that deadlines are compared with. */
static inline int64_t gcn_arbiter_now_ms(const struct gcn_arbiter *arb)
{
    return arb->loop.now_us / 1000;
}

#endif
