/* SPDX-License-Identifier: MIT */
/*
 * The two clocks: monotonic for deadlines and durations, real for what people read, and the local
 * time that goes with it.
 */
#ifndef GCORN_BASE_CLOCK_H
#define GCORN_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t gcn_clock_ms(void);

/* Microseconds of CLOCK_MONOTONIC. */
int64_t gcn_clock_us(void);

/* Microseconds since the epoch, CLOCK_REALTIME. */
int64_t gcn_clock_real_us(void);

/*
 * `seconds`, 0 or more, of a setting as a span of time. Of more than a century it is a century, so
 * that a few spans can be added to any time.
 */
int64_t gcn_clock_span_ms(int64_t seconds);
int64_t gcn_clock_span_us(int64_t seconds);

/*
 * `left_us` until something is due as a time-out for epoll_wait: rounded up, 0 if it is due. At
 * most a day, after which the caller looks and waits again.
 */
int gcn_clock_wait_ms(int64_t left_us);

/* `us`, 0 or more, as the kernel's calls take a time or a span. */
static inline struct timespec gcn_clock_timespec(int64_t us)
{
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

/* "Jan" to "Dec" for tm_mon, 0 to 11. English in any locale, as strftime's %b is not. Static. */
const char *gcn_clock_month(int month);

struct gcn_local_time {
    struct tm tm;
    char zone[8]; /* +0100 */
};

/*
 * Let children that are forked while other threads ask for the local time ask for it, too. Once, at
 * boot; before a pthread_atfork for a lock that somebody holds while asking.
 */
void gcn_clock_guard_forks(void);

/* `second` since the epoch as local time. Any thread. GIL: not needed. */
void gcn_clock_local(time_t second, struct gcn_local_time *out);

#endif
