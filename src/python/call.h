/* SPDX-License-Identifier: MIT */
/*
 * One request in the app: what the objects that the app is given refer to. The objects are made
 * once and used for request after request, unless the app has kept one: then that one is cut off
 * (it raises from then on) and another is made.
 */
#ifndef GCORN_PYTHON_CALL_H
#define GCORN_PYTHON_CALL_H

#include "py.h"

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/list.h>
#include <gcorn/http/request.h>
#include <gcorn/http/response.h>

struct gcn_py_call;

/* A Python object that stands for a part of a request. Types: start_response, write, early_hints,
   input, socket. Owns nothing, so the garbage collector need not know it. */
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
    PyObject *start_response, *write, *early_hints, *input;
    PyObject *socket;  /* owned; see socket.c */
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

/* An object of `type` for `call`, or NULL with an exception. GIL: held. */
PyObject *gcn_py_bound_create(PyTypeObject *type, vectorcallfunc vectorcall,
                              struct gcn_py_call *call);

/* The members that a callable bound type declares. */
extern PyMemberDef gcn_py_bound_members[];

#endif
