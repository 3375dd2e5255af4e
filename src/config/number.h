/* SPDX-License-Identifier: MIT */
/*
 * Numbers as people write them in settings. Each function takes the whole text or nothing.
 */
#ifndef GCORN_CONFIG_NUMBER_H
#define GCORN_CONFIG_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>

enum gcn_number_form {
    GCN_NUMBER_DECIMAL, /* Python's int(text): sign, blanks around, single underscores between digits */
    GCN_NUMBER_ANY_BASE, /* int(text, 0): also 0x1f, 0o17, 0b11, but not 017 */
    GCN_NUMBER_OCTAL,    /* as ANY_BASE, and a leading 0 means octal */
};

/* False if `text` is no such number or does not fit. */
GCN_MUST_CHECK bool gcn_number_parse(struct gcn_slice text, enum gcn_number_form form,
                                     int64_t *out);

/* True if `text` is a number of this form, but one that does not fit into 64 bits. */
bool gcn_number_is_huge(struct gcn_slice text, enum gcn_number_form form);

/* A number of bytes: ANY_BASE digits, or decimal ones with K, M or G (powers of 1024) behind. */
GCN_MUST_CHECK bool gcn_size_parse(struct gcn_slice text, int64_t *out);

/* Seconds with at most three decimals, in milliseconds: "2", "0.5", ".25". */
GCN_MUST_CHECK bool gcn_millis_parse(struct gcn_slice text, int64_t *out);

#endif
