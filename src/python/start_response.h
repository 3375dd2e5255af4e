/* SPDX-License-Identifier: MIT */
/*
 * The callables of a request: start_response, the write that it returns, wsgi.early_hints.
 */
#ifndef GCORN_PYTHON_START_RESPONSE_H
#define GCORN_PYTHON_START_RESPONSE_H

#include "py.h"

#include <gcorn/base/compiler.h>

/* Make the types. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_start_response_types(void);

/* New objects that stand for no request yet, or NULL with an exception. GIL: held. */
PyObject *gcn_py_start_response_create(void);
PyObject *gcn_py_write_create(void);
PyObject *gcn_py_early_hints_create(void);

/* gcn_response_write's retain and release for a bytes object. */
void gcn_py_bytes_retain(void *bytes);
void gcn_py_bytes_release(void *bytes);

#endif
