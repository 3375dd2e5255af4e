/* SPDX-License-Identifier: MIT */
/*
 * clock_gettime in the units used here: both calls are served by the vDSO and cannot fail. And the
 * only caller of localtime_r, whose lock in the C library a forked child may inherit locked by a
 * thread that it does not have; so it is called under a lock of ours, which is taken around a fork.
 */
#include <gcorn/base/clock.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { LONGEST_WAIT_MS = 24 * 60 * 60 * 1000 };

static const int64_t century_s = 100LL * 365 * 24 * 60 * 60;

static pthread_mutex_t local_lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t gcn_clock_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t gcn_clock_ms(void)
{
    return gcn_clock_us() / 1000;
}

int64_t gcn_clock_real_us(void)
{
    return read_us(CLOCK_REALTIME);
}

int64_t gcn_clock_span_us(int64_t seconds)
{
    return (seconds < century_s ? seconds : century_s) * 1000000;
}

int64_t gcn_clock_span_ms(int64_t seconds)
{
    return gcn_clock_span_us(seconds) / 1000;
}

int gcn_clock_wait_ms(int64_t left_us)
{
    if (left_us <= 0) {
        return 0;
    }
    int64_t left_ms = left_us / 1000 + 1;
    return left_ms < LONGEST_WAIT_MS ? (int)left_ms : LONGEST_WAIT_MS;
}

const char *gcn_clock_month(int month)
{
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return names[month];
}

static void lock_local(void)
{
    pthread_mutex_lock(&local_lock);
}

static void unlock_local(void)
{
    pthread_mutex_unlock(&local_lock);
}

void gcn_clock_guard_forks(void)
{
    pthread_atfork(lock_local, unlock_local, unlock_local);
}

void gcn_clock_local(time_t second, struct gcn_local_time *out)
{
    lock_local();
    localtime_r(&second, &out->tm);
    unlock_local();
    /* Not strftime, which takes the C library's lock as well. */
    long minutes = labs(out->tm.tm_gmtoff) / 60;
    snprintf(out->zone, sizeof(out->zone), "%c%02ld%02ld", out->tm.tm_gmtoff < 0 ? '-' : '+',
             minutes / 60, minutes % 60);
}
