/* SPDX-License-Identifier: MIT */
/*
 * Whether the interpreter can be had. The loop turns without it, so it alone would show a worker
 * alive in which an extension hangs and keeps the interpreter from everybody. While calls run, a
 * thread takes it now and then; as long as that one has to wait, the worker's deadline stays where
 * it was when it began to.
 */
#include "threads_exec.h"

#include <string.h>
#include <time.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/log.h>

#include "deadline.h"

static void take_interpreter(struct gcn_threads_exec *exec, void (*take)(struct gcn_app *app))
{
    atomic_store_explicit(&exec->asked_us, gcn_clock_us(), memory_order_relaxed);
    take(exec->app);
    exec->app->ops->leave(exec->app);
    atomic_store_explicit(&exec->asked_us, 0, memory_order_relaxed);
}

/* Half a pause of the loop's, which is half the timeout. */
static struct timespec next_pulse(const struct gcn_threads_exec *exec)
{
    int64_t at_us = gcn_clock_us() + (int64_t)gcn_deadline_wait_ms(exec->worker) * 500;

    return gcn_clock_timespec(at_us);
}

static void *pulse_main(void *context)
{
    struct gcn_threads_exec *exec = context;
    const struct gcn_app_ops *ops = exec->app->ops;

    take_interpreter(exec, ops->thread_start);
    pthread_mutex_lock(&exec->lock);
    while (!exec->stop) {
        struct timespec at = next_pulse(exec);
        while (!exec->stop && pthread_cond_timedwait(&exec->pulse, &exec->lock, &at) == 0) {
        }
        if (!exec->stop && exec->n_idle < exec->n_threads) {
            pthread_mutex_unlock(&exec->lock);
            take_interpreter(exec, ops->enter);
            pthread_mutex_lock(&exec->lock);
        }
    }
    pthread_mutex_unlock(&exec->lock);
    ops->thread_stop(exec->app);
    return NULL;
}

bool gcn_threads_pulse_start(struct gcn_threads_exec *exec)
{
    if (exec->worker->timeout_us == 0) {
        return true;
    }
    int rc = pthread_create(&exec->pulse_thread, NULL, pulse_main, exec);
    if (rc != 0) {
        gcn_error("cannot start the thread that looks after the interpreter: %s", strerror(rc));
        return false;
    }
    exec->pulses = true;
    return true;
}

void gcn_threads_pulse_stop(struct gcn_threads_exec *exec)
{
    if (exec->pulses) {
        pthread_cond_signal(&exec->pulse);
        pthread_join(exec->pulse_thread, NULL);
        exec->pulses = false;
    }
}

int64_t gcn_threads_alive_us(const struct gcn_threads_exec *exec)
{
    int64_t asked_us = atomic_load_explicit(&exec->asked_us, memory_order_relaxed);

    return asked_us != 0 ? asked_us : exec->worker->loop.now_us;
}
