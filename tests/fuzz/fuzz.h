/* SPDX-License-Identifier: MIT */
/*
 * What fuzz targets share.
 */
#ifndef GCORN_TESTS_FUZZ_H
#define GCORN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* One input; a finding ends the process. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
