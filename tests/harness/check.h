/* SPDX-License-Identifier: MIT */
/*
 * What every unit test includes: cmocka with the headers it wants before it, and the checks it
 * lacks.
 */
#ifndef GCORN_TESTS_HARNESS_CHECK_H
#define GCORN_TESTS_HARNESS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gcorn/base/slice.h>

/* The bytes of `slice` are the string `text`. Prints both if not. */
#define assert_slice(slice, text)                                                   \
    do {                                                                            \
        struct gcn_slice slice_ = (slice);                                          \
        const char *text_ = (text);                                                 \
        if (!gcn_slice_equal(slice_, gcn_slice_of(text_))) {                        \
            fail_msg("\"%.*s\" is not \"%s\"", (int)slice_.len, slice_.ptr, text_); \
        }                                                                           \
    } while (0)

/* The string `text` contains `part`. Prints both if not. */
#define assert_contains(text, part)                            \
    do {                                                       \
        const char *text_ = (text);                            \
        const char *part_ = (part);                            \
        if (strstr(text_, part_) == NULL) {                    \
            fail_msg("\"%s\" is not in \"%s\"", part_, text_); \
        }                                                      \
    } while (0)

#endif
