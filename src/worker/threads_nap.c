/* SPDX-License-Identifier: MIT */
/*
 * The loop's thread rests while the pool has work for a while and its calls are quick.
 *
 * Each request that comes would wake it, take the processor from a thread that computes, and only
 * be queued behind many others; and each response that a thread sends wakes the client's process,
 * which may cost more than the request. So the loop sleeps for a moment, and threads hand it their
 * whole responses, which it sends one after the other when it wakes. It wakes at once when the
 * queue runs low. With calls of a few microseconds there is no time to be won, and with long ones,
 * whose threads wait for something else, no processor to be spared.
 */
#include "threads_exec.h"

#include <time.h>

#include <gcorn/base/clock.h>

enum {
    NAP_US = 300,
    DEEP = 2, /* times the number of threads: a queue that lasts for a nap */
    /* Quick calls count 1, others -8: now and then one of the quick ones loses the interpreter. */
    OTHER_CALL = 8,
    QUICK_CALLS = 32,
    QUICK_CALLS_MAX = 64,
};

bool gcn_threads_nap_init(struct gcn_threads_exec *exec)
{
    pthread_condattr_t clock;
    bool made = pthread_condattr_init(&clock) == 0;

    made = made && pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0 &&
           pthread_cond_init(&exec->low, &clock) == 0 &&
           pthread_cond_init(&exec->pulse, &clock) == 0;
    (void)pthread_condattr_destroy(&clock);
    return made;
}

void gcn_threads_note_call(struct gcn_threads_exec *exec, int64_t took_us)
{
    if (!gcn_serve_is_quick(took_us)) {
        exec->n_quick = exec->n_quick < OTHER_CALL ? 0 : exec->n_quick - OTHER_CALL;
    } else if (exec->n_quick < QUICK_CALLS_MAX) {
        exec->n_quick++;
    }
}

void gcn_threads_nap(struct gcn_threads_exec *exec)
{
    if (exec->n_quick < QUICK_CALLS) {
        return;
    }
    struct timespec until = gcn_clock_timespec(gcn_clock_us() + NAP_US);

    pthread_mutex_lock(&exec->lock);
    if (exec->n_idle == 0 && exec->n_todo >= DEEP * exec->n_threads) {
        exec->napping = true;
        (void)pthread_cond_timedwait(&exec->low, &exec->lock, &until);
        exec->napping = false;
    }
    pthread_mutex_unlock(&exec->lock);
}

void gcn_threads_popped(struct gcn_threads_exec *exec)
{
    exec->n_todo--;
    if (exec->napping && exec->n_todo < exec->n_threads) {
        pthread_cond_signal(&exec->low);
    }
}
