/* SPDX-License-Identifier: MIT */
/*
 * The objects of a request that stand in its environ. A set of them serves one request after
 * another: that of a call, or that of a prototype of the environ, which has them in its dictionary
 * already, so that they need not be put into each copy. One that the app has kept is cut off when
 * its request is over (it raises from then on), and another is made when the set is used again.
 */
#ifndef GCORN_PYTHON_OBJECTS_H
#define GCORN_PYTHON_OBJECTS_H

#include "py.h"

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>

struct gcn_py_call;

/* {0} is a set without objects. */
struct gcn_py_objects {
    PyObject *input, *early_hints, *socket; /* owned; NULL: to be made */
    PyObject *dict; /* borrowed: the prototype's, which has references to them, too; or NULL */
    bool in_use;    /* by a call */
    /* A copy of `dict` that serves one call after another, as long as apps leave it as it is. */
    PyObject *environ;    /* owned, and has references to them, too; NULL: lent, or to be made */
    uint64_t environ_was; /* gcn_py_changes() of it, as its next request may find it */
    bool dict_changed;    /* since it was lent */
};

/* Make the objects that are missing. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_objects_fill(struct gcn_py_objects *objects);

/* Put a whole set into `dict`, an environ or its prototype. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_objects_put(const struct gcn_py_objects *objects, PyObject *dict);

/* True if none is missing. */
static inline bool gcn_py_objects_are_whole(const struct gcn_py_objects *objects)
{
    return objects->input != NULL && objects->early_hints != NULL && objects->socket != NULL;
}

/* A set that is whole and not in use stands for `call` from now on. GIL: held. */
void gcn_py_objects_begin(struct gcn_py_objects *objects, struct gcn_py_call *call);

/*
 * An environ for the call that uses a prototype's set: the last call's, or a copy of `dict`. New
 * reference; NULL with an exception. GIL: held.
 */
PyObject *gcn_py_objects_lend_environ(struct gcn_py_objects *objects);

/* `env`, which was lent, is ready: what is put into it from now on is this request's. GIL: held. */
void gcn_py_objects_note(struct gcn_py_objects *objects, PyObject *env);

/*
 * The request is over: keep its environ, lent by this set, for the next one if the app has neither
 * changed nor kept it. Takes it over. GIL: held.
 */
void gcn_py_objects_take_back_steal(struct gcn_py_objects *objects, PyObject *env);

/* `dict` was changed or replaced: copies of it are good no longer. GIL: held. */
void gcn_py_objects_dict_changed(struct gcn_py_objects *objects);

/* The request is over, its environ dropped or taken back: the set may be used again. GIL: held. */
void gcn_py_objects_end(struct gcn_py_objects *objects);

/* Give up all of them. Thread: any. GIL: not needed. */
void gcn_py_objects_drop(struct gcn_py_objects *objects);

#endif
