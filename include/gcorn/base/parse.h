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

/* What a hexadecimal digit of either case stands for, or -1 for any other byte. */
static inline int gcn_hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/*
 * Decimal digits only (no sign, no blank, at least one digit). False if not so or above INT64_MAX.
 */
GCN_MUST_CHECK bool gcn_parse_digits(struct gcn_slice text, int64_t *out);

/*
 * Hexadecimal digits only (no 0x, no sign, at least one digit). False if not so or above
 * UINT64_MAX.
 */
GCN_MUST_CHECK bool gcn_parse_hex(struct gcn_slice text, uint64_t *out);

#endif
