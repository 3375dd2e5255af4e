/* SPDX-License-Identifier: MIT */
/*
 * Numbers from text, strictly: the whole slice is the number, nothing wraps.
 */
#ifndef GCORN_BASE_PARSE_H
#define GCORN_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>

/* Decimal digits only (no sign, no blank, at least one digit). False if not so or above INT64_MAX. */
GCN_MUST_CHECK bool gcn_parse_digits(struct gcn_slice text, int64_t *out);

/* Hexadecimal digits only (no 0x, no sign, at least one digit). False if not so or above UINT64_MAX. */
GCN_MUST_CHECK bool gcn_parse_hex(struct gcn_slice text, uint64_t *out);

#endif
