/* SPDX-License-Identifier: MIT */
/*
 * The one place where an exception becomes a log line.
 */
#ifndef GCORN_PYTHON_EXCEPTIONS_H
#define GCORN_PYTHON_EXCEPTIONS_H

#include "py.h"

#include <gcorn/base/buf.h>
#include <gcorn/base/compiler.h>
#include <gcorn/base/log.h>

/*
 * Log the exception that is set, with its traceback, under a heading, and clear it. GIL: held.
 */
GCN_PRINTF(2, 3)
void gcn_py_log_exception(enum gcn_log_level level, const char *heading, ...);

/*
 * Append the exception that is set, as "ValueError: text" without its traceback, to `out`; it stays
 * set. GIL: held.
 */
void gcn_py_print_exception(struct gcn_buf *out);

#endif
