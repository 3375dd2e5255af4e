/* SPDX-License-Identifier: MIT */
/*
 * One request in the app: what the objects that the app is given refer to. The callables are made
 * once and used for request after request, as are the objects of the environ (objects.h), unless
 * the app has kept one: then that one is cut off (it raises from then on) and another is made.
 */
#ifndef GCORN_PYTHON_CALL_H
#define GCORN_PYTHON_CALL_H

#include "py.h"

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/list.h>
#include <gcorn/http/request.h>
#include <gcorn/http/response.h>

#include "objects.h"

struct gcn_py_call;

/* A Python object that stands for a part of a request. Types: start_response, write, early_hints,
   input. Owns nothing, so the garbage collector need not know it. */
struct gcn_py_bound {
    PyObject_HEAD
    vectorcallfunc vectorcall; /* NULL for those that are not callable */
    struct gcn_py_call *call;  /* borrowed; NULL once the request is over */
};

/* Lifetime: request; then kept for the next one. */
struct gcn_py_call {
    struct gcn_py_call *next; /* in the list of spare ones */
    struct gcn_request *req;  /* borrowed */
    struct gcn_response *res; /* borrowed */
    bool started;             /* start_response has succeeded */
    /* owned, each a struct gcn_py_bound; NULL: make it when a request begins */
    PyObject *start_response, *write;
    struct gcn_py_objects *objects; /* that its environ holds: `own` or a prototype's; or NULL */
    struct gcn_py_objects own;
    bool keep_headers; /* a hook wants what start_response was given … */
    PyObject *headers; /* owned: … which is this list, or NULL */
    /* where wsgi.input stands */
    int64_t body_at;   /* offset of the next byte */
    char *window;      /* owned: bytes of a body that is in a file, or NULL */
    int64_t window_at; /* offset of its first byte in the body */
    int64_t window_len;
    struct gcn_list running_link; /* while the app runs: see timeout.c */
    unsigned long thread_id;      /* that runs it */
    bool timed_out;               /* TimeoutError was raised in it */
    int readers; /* threads that read the body's file without the GIL at this moment */
};

/* A call for `req` and `res` with its objects. NULL with an exception. GIL: held. */
struct gcn_py_call *gcn_py_call_begin(struct gcn_request *req, struct gcn_response *res);

/* The request is over; its environ was dropped before. GIL: held. */
void gcn_py_call_end(struct gcn_py_call *call);

/* True on the thread that runs the call, false on any other that the app has given its objects. */
static inline bool gcn_py_call_is_mine(const struct gcn_py_call *call)
{
    return call->thread_id == PyThread_get_thread_ident();
}

/* Free the spare ones. GIL: held. */
void gcn_py_calls_finish(void);

/* An object of `type` that stands for no request yet, or NULL with an exception. GIL: held. */
PyObject *gcn_py_bound_create(PyTypeObject *type, vectorcallfunc vectorcall);

/* The object stands for a part of `call` from now on. */
static inline void gcn_py_bound_begin(PyObject *self, struct gcn_py_call *call)
{
    ((struct gcn_py_bound *)self)->call = call;
}

/* Its request is over; *slot (may be NULL) is given up if there are more references than `ours`. */
static inline void gcn_py_bound_end(PyObject **slot, Py_ssize_t ours)
{
    struct gcn_py_bound *self = (struct gcn_py_bound *)*slot;

    if (self == NULL) {
        return;
    }
    self->call = NULL;
    if (Py_REFCNT(*slot) > ours) {
        Py_CLEAR(*slot);
    }
}

/* `objects`, which are whole and not in use, are those of the call's environ. GIL: held. */
static inline void gcn_py_call_use(struct gcn_py_call *call, struct gcn_py_objects *objects)
{
    call->objects = objects;
    gcn_py_objects_begin(objects, call);
}

/* The same for the call's own, unless it has others already. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_call_use_own(struct gcn_py_call *call);

/* The members that a callable bound type declares. */
extern PyMemberDef gcn_py_bound_members[];

#endif
