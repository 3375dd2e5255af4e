/* SPDX-License-Identifier: MIT */
/*
 * Strict numbers.
 */
#include <gcorn/base/parse.h>

bool gcn_parse_digits(struct gcn_slice text, int64_t *out)
{
    int64_t value = 0;

    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool gcn_parse_hex(struct gcn_slice text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = gcn_hex_digit(text.ptr[i]);
        if (digit < 0 || value > UINT64_MAX >> 4) {
            return false;
        }
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}
