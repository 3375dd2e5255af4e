/* SPDX-License-Identifier: MIT */
/*
 * The event loop: one epoll instance, level-triggered unless asked otherwise, one a process. A
 * watch is embedded in its owner, so registering allocates nothing.
 *
 * A batch of events is fetched by gcn_loop_wait and handed out by gcn_loop_dispatch. A callback
 * does bounded work and returns; it never waits and never turns the loop. When it has found work
 * for somebody else (a request for the app) it calls gcn_loop_yield, and gcn_loop_dispatch returns
 * after that callback with the rest of the batch kept for the next call. So whoever drives the loop
 * may turn it again, deep inside an app call, and no callback ever runs inside another.
 */
#ifndef GCORN_NET_LOOP_H
#define GCORN_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

enum { GCN_LOOP_BATCH = 256 };

struct gcn_watch;

/* `events` are epoll's: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. Thread: loop. */
typedef void (*gcn_watch_fn)(struct gcn_watch *watch, uint32_t events);

/* Lifetime: its owner's. {0} is a watch that is not registered. */
struct gcn_watch {
    gcn_watch_fn fn;
    uint32_t interest; /* what epoll was told; meaningful while registered */
    bool registered;
};

/*
 * The next gcn_loop_watch asks the kernel again, whatever it was told last. With EPOLLET it then
 * reports what is there already.
 */
static inline void gcn_watch_forget(struct gcn_watch *watch)
{
    watch->interest = 0;
}

/* Process (worker or arbiter). */
struct gcn_loop {
    int epoll_fd; /* owned */
    int n_events; /* events fetched … */
    int next;     /* … and handed out so far */
    bool yielded;
    int64_t now_us; /* monotonic, read once a batch */
    struct {
        struct gcn_watch *watch; /* borrowed; NULL once the watch was removed */
        uint32_t events;
    } batch[GCN_LOOP_BATCH];
};

/* Opens the epoll descriptor (CLOEXEC). */
GCN_MUST_CHECK bool gcn_loop_init(struct gcn_loop *loop, struct gcn_error *err);
void gcn_loop_finish(struct gcn_loop *loop);

/*
 * Register `watch` for `interest` (epoll bits; EPOLLEXCLUSIVE allowed) on `fd`, or change what it
 * is registered for. No system call if nothing changes. watch->fn is set by the caller. Returns
 * false with errno set (ENOSPC, ENOMEM) if the kernel refuses.
 */
GCN_MUST_CHECK bool gcn_loop_watch(struct gcn_loop *loop, struct gcn_watch *watch, int fd,
                                   uint32_t interest);

/*
 * Unregister `watch` from `fd` and forget events of it that were fetched already: afterwards its
 * memory may be freed at once. Harmless if it is not registered. Call it before closing `fd`: a
 * child process between fork and exec may keep the open file, and with it the registration, alive.
 */
void gcn_loop_unwatch(struct gcn_loop *loop, struct gcn_watch *watch, int fd);

/*
 * Fetch a batch unless the last one has a rest. Waits at most `timeout_ms` (-1: for ever, 0: not at
 * all) and reads the clock. Returns the number of events to hand out, 0 on a timeout or a signal.
 * May run without the GIL.
 */
int gcn_loop_wait(struct gcn_loop *loop, int timeout_ms);

/* Call the watches of the fetched events until the batch is empty or one has yielded. */
void gcn_loop_dispatch(struct gcn_loop *loop);

/* From a callback: return from gcn_loop_dispatch when the callback is done. */
static inline void gcn_loop_yield(struct gcn_loop *loop)
{
    loop->yielded = true;
}

/* True if events are fetched and not yet handed out. */
static inline bool gcn_loop_has_rest(const struct gcn_loop *loop)
{
    return loop->next < loop->n_events;
}

#endif
