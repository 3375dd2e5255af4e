/* SPDX-License-Identifier: MIT */
/*
 * Anonymous shared memory mapped before the first fork: one slot a worker, written by that worker,
 * read by all. No locks: every member is atomic, and a reader lives with a mixture of two moments.
 */
#ifndef GCORN_PROC_SCOREBOARD_H
#define GCORN_PROC_SCOREBOARD_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

enum gcn_slot_state {
    GCN_SLOT_FREE = 0, /* nobody's; may be given to a new worker */
    GCN_SLOT_BOOTING,  /* forked, the app is not loaded yet */
    GCN_SLOT_IDLE,     /* waits for requests with all its executors free */
    GCN_SLOT_BUSY,     /* runs the app */
    GCN_SLOT_DRAINING, /* told to stop: takes nothing new */
    GCN_SLOT_ENDED,
};

enum { GCN_SLOT_DOING_BYTES = 104 };

/* Process-shared. Two cache lines of numbers, then the text of the request in progress. */
struct gcn_slot {
    alignas(64) _Atomic int32_t pid;
    _Atomic int32_t state;         /* enum gcn_slot_state */
    _Atomic int64_t deadline_ms;   /* monotonic time after which the arbiter may kill the worker; 0: never */
    _Atomic int32_t load;          /* requests running or queued */
    _Atomic int32_t ended;         /* of these, the app is done with and the loop has not seen yet */
    _Atomic int32_t silent;        /* connections that have not sent their first request yet */
    _Atomic int32_t capacity;      /* requests it can run at once (threads) */
    _Atomic int64_t generation;    /* of the settings it was forked with */
    _Atomic int64_t requests;      /* app calls finished */
    _Atomic int64_t refused;       /* requests answered by the server itself */
    _Atomic int64_t connections;   /* open now */
    _Atomic int64_t accepted;      /* so far */
    _Atomic int64_t bytes_in, bytes_out;
    _Atomic int64_t busy_us;       /* time spent in the app */
    _Atomic int64_t queued_us;     /* time that requests have waited for the app */
    _Atomic int64_t started_ms;    /* of the request in progress, monotonic; 0: none */
    _Atomic int32_t sockets;       /* which set of listeners it has: equal numbers, the same sockets */
    _Atomic int32_t wants_rest;    /* it asks to be replaced (max_requests, memory); cleared by the arbiter */
    _Atomic int32_t broken;        /* the app could not be loaded; it answers every request with why */
    _Atomic int64_t changed_us;    /* change time of the newest file of the app that has changed; 0: none */
    _Atomic int64_t birth;         /* of a preloaded worker: its age until it is born, then minus its pid */
    int32_t wake_fd;               /* eventfd, made before the fork by the arbiter: poke the worker */
    _Atomic char doing[GCN_SLOT_DOING_BYTES]; /* "GET /path", cut, NUL-terminated */
};

/*
 * A number of a slot as it happens to be just now: nothing else is known to be up to date with it.
 */
static inline int32_t gcn_slot_peek(const _Atomic int32_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

/* True if the worker of `slot` accepts: it has booted and is not draining. */
static inline bool gcn_slot_serves(const struct gcn_slot *slot)
{
    int32_t state = gcn_slot_peek(&slot->state);

    return state == GCN_SLOT_IDLE || state == GCN_SLOT_BUSY;
}

/* {0} is closed. */
struct gcn_scoreboard {
    struct gcn_slot *slots; /* mapped, shared */
    uint32_t n_slots;
    int arbiter_fd; /* eventfd, owned: a worker wrote something that the arbiter should look at */
};

/* Map `n_slots` free slots, each with an eventfd (CLOEXEC, non-blocking). */
GCN_MUST_CHECK bool gcn_scoreboard_open(struct gcn_scoreboard *board, uint32_t n_slots,
                                        struct gcn_error *err);
void gcn_scoreboard_close(struct gcn_scoreboard *board);

/* A free slot, now BOOTING, or NULL if all are taken. Thread: arbiter. */
struct gcn_slot *gcn_scoreboard_take(struct gcn_scoreboard *board);

/* Give `slot` back after its worker was reaped: everything is zero again but the eventfd. */
void gcn_scoreboard_free_slot(struct gcn_slot *slot);

/* Make the worker of `slot` look at its listeners (or leave its wait at all). Async-signal-safe. */
void gcn_slot_poke(const struct gcn_slot *slot);

/* Make the arbiter look at the board: the worker has booted, or wants rest. Async-signal-safe. */
void gcn_scoreboard_poke_arbiter(const struct gcn_scoreboard *board);

/* Note the request in progress: `method` and `path` are escaped and cut. */
void gcn_slot_set_doing(struct gcn_slot *slot, const char *method, size_t method_len,
                        const char *path, size_t path_len);

/* The request in progress as a string at `out`; "" if none. Any process. */
void gcn_slot_doing(const struct gcn_slot *slot, char out[GCN_SLOT_DOING_BYTES]);

#endif
