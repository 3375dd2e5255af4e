/* SPDX-License-Identifier: MIT */
/*
 * The one place where an exception becomes a log line.
 */
#ifndef GCORN_PYTHON_EXCEPTIONS_H
#define GCORN_PYTHON_EXCEPTIONS_H

#include "py.h"

#include <stdbool.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>
#include <gcorn/base/log.h>

/*
 * Log the exception that is set, with its traceback, under a heading, and clear it. GIL: held.
 */
GCN_PRINTF(2, 3)
void gcn_py_log_exception(enum gcn_log_level level, const char *heading, ...);

/*
 * Append a str as UTF-8; what that has no bytes for (lone surrogates) is escaped. False, without an
 * exception, if it cannot be encoded at all. GIL: held.
 */
bool gcn_py_append_str(struct gcn_buf *out, PyObject *text);

/*
 * Append the exception that is set, as "ValueError: text" without its traceback, to `out`; it stays
 * set. GIL: held.
 */
void gcn_py_print_exception(struct gcn_buf *out);

/*
 * Turn the exception that is set into a message for `err` and an exit code, and clear it. The
 * function explain() of pylib/<module>.py is asked with (subject, exception); where it says that
 * the user's code is at fault, the traceback is logged. GIL: held.
 */
void gcn_py_explain(const char *module, const char *subject, struct gcn_error *err, int *code);

/*
 * If the exception that is set is SystemExit, the exit code that it asks for, else -1. GIL: held.
 */
int gcn_py_exit_code(void);

#endif
