/* SPDX-License-Identifier: MIT */
/*
 * wsgi.input: the request's body, which is complete before the app is called.
 */
#ifndef GCORN_PYTHON_INPUT_H
#define GCORN_PYTHON_INPUT_H

#include "py.h"

#include <gcorn/base/compiler.h>

/* Make the type. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_input_types(void);

/* A new object that stands for no request yet, or NULL with an exception. GIL: held. */
PyObject *gcn_py_input_create(void);

#endif
