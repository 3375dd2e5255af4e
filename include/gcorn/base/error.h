/* SPDX-License-Identifier: MIT */
/*
 * An error that a person will read: boot, configuration, files. Functions that fail this way
 * return bool and fill a struct gcn_error; the first error wins.
 */
#ifndef GCORN_BASE_ERROR_H
#define GCORN_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#include <gcorn/base/compiler.h>

/* Any lifetime, caller's memory; {0} is "no error yet". */
struct gcn_error {
    char text[2048]; /* one or more lines, no line end at the end; "" when nothing failed */
};

/*
 * Record an error: what, where, what was expected. Keeps an error that is there already. Always
 * returns false, so that a function can end in `return gcn_error_set(err, …)`.
 */
GCN_PRINTF(2, 3) bool gcn_error_set(struct gcn_error *err, const char *fmt, ...);

/* The same with ": <text of errno>" behind. errno is read before anything else and kept. */
GCN_PRINTF(2, 3) bool gcn_error_set_errno(struct gcn_error *err, const char *fmt, ...);

/* Put "<fmt>: " before the text that is there, for a caller that knows the place. Returns false. */
GCN_PRINTF(2, 3) bool gcn_error_prefix(struct gcn_error *err, const char *fmt, ...);

#endif
