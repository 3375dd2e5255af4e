/* SPDX-License-Identifier: MIT */
/*
 * clock_gettime in the units used here. Both calls are served by the vDSO and cannot fail.
 */
#include <gcorn/base/clock.h>

#include <time.h>

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
