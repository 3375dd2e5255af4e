/* SPDX-License-Identifier: MIT */
/*
 * The part of the environ that follows from a request's head and from where it came in.
 */
#ifndef GCORN_PYTHON_ENVIRON_HEAD_H
#define GCORN_PYTHON_ENVIRON_HEAD_H

#include "py.h"

#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/http/request.h>

/* What an environ depends on besides its head and its connection. */
struct gcn_py_place {
    const struct gcn_endpoint *local; /* borrowed from the listener */
    bool https;
};

/* True if what follows from the place is the same for both. */
static inline bool gcn_py_same_place(struct gcn_py_place a, struct gcn_py_place b)
{
    return a.local == b.local && a.https == b.https;
}

/*
 * A dictionary of all that follows from the head and the place, with every other key of the environ
 * that a request in that place may have. New reference; NULL with an exception. GIL: held.
 */
PyObject *gcn_py_environ_for_head(const struct gcn_head *head, struct gcn_py_place place);

/*
 * dict[key] = value, which is taken over and may be NULL with an exception. -1 with one. GIL: held.
 */
GCN_MUST_CHECK int gcn_py_put_steal(PyObject *dict, PyObject *key, PyObject *value);

/*
 * A str of few kinds, such as an address, made once. New reference; NULL with an exception. GIL:
 * held.
 */
PyObject *gcn_py_environ_text(struct gcn_slice text);

/* Drop what was prepared. GIL: held. */
void gcn_py_environ_head_finish(void);

#endif
