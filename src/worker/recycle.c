/* SPDX-License-Identifier: MIT */
/*
 * Counting calls and looking at the memory.
 */
#include "recycle.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <gcorn/base/file.h>
#include <gcorn/base/log.h>
#include <gcorn/config/settings.h>

#include "worker_private.h"

enum { MEMORY_EVERY_US = 1000000 };

/* A number in 0..most, different in each worker. */
static int64_t draw(int64_t most)
{
    uint64_t random = (uint64_t)getpid();

    ssize_t ignored = getrandom(&random, sizeof(random), GRND_NONBLOCK);
    (void)ignored; /* the pid is random enough where there is nothing better */
    return (int64_t)(random % ((uint64_t)most + 1));
}

void gcn_recycle_init(struct gcn_worker *worker)
{
    const struct gcn_settings *settings = worker->settings;

    worker->requests_left = INT64_MAX;
    if (settings->max_requests > 0) {
        int64_t jitter = draw(settings->max_requests_jitter);
        int64_t enough = INT64_MAX - jitter;
        worker->requests_left =
            settings->max_requests < enough ? settings->max_requests + jitter : INT64_MAX;
    }
    worker->memory_limit_bytes = settings->max_worker_memory;
    worker->memory_next_us = 0;
}

/* Resident bytes of this process; 0 if the system does not say. */
static int64_t resident_bytes(void)
{
    char text[128], *end;

    (void)gcn_file_read("/proc/self/statm", text, sizeof(text));
    strtoll(text, &end, 10); /* the whole size comes first */
    return strtoll(end, NULL, 10) * sysconf(_SC_PAGESIZE);
}

void gcn_recycle_ask(struct gcn_worker *worker)
{
    /* Relaxed: the poke that follows is a system call, and nothing else goes with the flag. */
    atomic_store_explicit(&worker->slot->wants_rest, 1, memory_order_relaxed);
    gcn_scoreboard_poke_arbiter(worker->board);
}

static void look_at_memory(struct gcn_worker *worker, int64_t now_us)
{
    worker->memory_next_us = now_us + MEMORY_EVERY_US;
    int64_t resident = resident_bytes();
    if (resident > worker->memory_limit_bytes) {
        gcn_info("worker %d has %lld MiB of memory, more than max_worker_memory (%lld MiB), and "
                 "asks to be replaced", (int)getpid(), (long long)(resident >> 20),
                 (long long)(worker->memory_limit_bytes >> 20));
        worker->memory_limit_bytes = 0;
        gcn_recycle_ask(worker);
    }
}

void gcn_recycle_count(struct gcn_worker *worker, int64_t now_us)
{
    /* One writer: no locked addition is needed. */
    int64_t n = atomic_load_explicit(&worker->slot->requests, memory_order_relaxed);
    atomic_store_explicit(&worker->slot->requests, n + 1, memory_order_relaxed);
    if (worker->requests_left != INT64_MAX && --worker->requests_left == 0) {
        gcn_info("worker %d has served its max_requests and asks to be replaced", (int)getpid());
        gcn_recycle_ask(worker);
    }
    if (worker->memory_limit_bytes > 0 && now_us >= worker->memory_next_us) {
        look_at_memory(worker, now_us);
    }
}
