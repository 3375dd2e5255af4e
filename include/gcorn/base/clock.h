/* SPDX-License-Identifier: MIT */
/*
 * The two clocks: monotonic for deadlines and durations, real for what people read.
 */
#ifndef GCORN_BASE_CLOCK_H
#define GCORN_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t gcn_clock_ms(void);

/* Microseconds of CLOCK_MONOTONIC. */
int64_t gcn_clock_us(void);

/* Microseconds since the epoch, CLOCK_REALTIME. */
int64_t gcn_clock_real_us(void);

#endif
