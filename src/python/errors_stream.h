/* SPDX-License-Identifier: MIT */
/*
 * wsgi.errors: text that the app writes becomes lines of the error log.
 */
#ifndef GCORN_PYTHON_ERRORS_STREAM_H
#define GCORN_PYTHON_ERRORS_STREAM_H

#include "py.h"

#include <gcorn/base/compiler.h>

/* Make the type and gcn_py.errors. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_errors_init(void);

/* Log a line that was begun and not ended. GIL: held. */
void gcn_py_errors_flush(void);

/* The interpreter has ended: log what was begun. */
void gcn_py_errors_finish(void);

#endif
