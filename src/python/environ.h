/* SPDX-License-Identifier: MIT */
/*
 * The WSGI environ.
 */
#ifndef GCORN_PYTHON_ENVIRON_H
#define GCORN_PYTHON_ENVIRON_H

#include "py.h"

struct gcn_py_call;

/*
 * A new environ for the call's request, the app's to change. NULL with an exception. GIL: held.
 * PEP 3333, "environ Variables".
 */
PyObject *gcn_py_environ_create(struct gcn_py_call *call);

/* The call's request is over: drop its environ or keep it for the next one. GIL: held. */
void gcn_py_environ_end_steal(struct gcn_py_call *call, PyObject *env);

/* Drop what was prepared. GIL: held. */
void gcn_py_environ_finish(void);

#endif
