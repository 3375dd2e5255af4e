/* SPDX-License-Identifier: MIT */
/*
 * gunicorn.socket: the client's socket, for apps that look at it. Few do, so a Python socket is
 * made on the first use only, from a duplicate of the descriptor.
 */
#ifndef GCORN_PYTHON_SOCKET_H
#define GCORN_PYTHON_SOCKET_H

#include "py.h"

#include <stdbool.h>

#include <gcorn/base/compiler.h>

struct gcn_py_call;

/* Make the type. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_socket_types(void);

/* A new object that stands for no request yet, or NULL with an exception. GIL: held. */
PyObject *gcn_py_socket_create(void);

/* The object stands for `call` from now on. GIL: held. */
void gcn_py_socket_begin(PyObject *self, struct gcn_py_call *call);

/* True if the app has used the socket in this request. NULL is fine. GIL: held. */
bool gcn_py_socket_is_used(const PyObject *self);

/*
 * The request is over: give the object up (*slot is NULL then) unless it may serve the next. NULL
 * is fine. `ours`: how many references are not the app's. GIL: held.
 */
void gcn_py_socket_end(PyObject **slot, Py_ssize_t ours);

#endif
