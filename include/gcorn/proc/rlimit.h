/* SPDX-License-Identifier: MIT */
/*
 * The limit of open files.
 */
#ifndef GCORN_PROC_RLIMIT_H
#define GCORN_PROC_RLIMIT_H

#include <stdint.h>

/*
 * Let this process and those that it forks have `wanted` descriptors, as far as the hard limit
 * permits. Returns how many they may have now.
 */
uint64_t gcn_rlimit_descriptors(uint64_t wanted);

#endif
