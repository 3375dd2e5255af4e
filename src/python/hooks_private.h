/* SPDX-License-Identifier: MIT */
/*
 * Hooks as the app's call and the interrupt see them.
 */
#ifndef GCORN_PYTHON_HOOKS_PRIVATE_H
#define GCORN_PYTHON_HOOKS_PRIVATE_H

#include "py.h"

#include <stdbool.h>

#include <gcorn/python/hooks.h>

struct gcn_py_call;

/* Lifetime: settings generation. */
struct gcn_py_hooks {
    PyObject *object; /* owned: a Hooks of pylib/hooks.py */
    bool logs;        /* Python's logging writes the logs */
    bool have[GCN_N_HOOKS];
};

/*
 * Call worker_int or worker_abort of this process, if it is a worker with such a hook, and at most
 * once. -1 with the exception that the hook raised. GIL: held.
 */
GCN_MUST_CHECK int gcn_py_hooks_interrupted(enum gcn_hook hook);

/* The hooks of the worker that this process is, or NULL, and the worker's age. Async-signal-safe. GIL: not needed
   to look at the one member `have`. */
unsigned long long gcn_py_hooks_own(const struct gcn_py_hooks **hooks);

/* What worker.tmp.notify() does. GIL: held. */
void gcn_py_heartbeat(void);

/* Drop what gcn_py_hooks_adopt has kept. GIL: held. */
void gcn_py_hooks_finish(void);

/*
 * True if app calls of this process have pre_request or post_request, or a logger to be told. GIL:
 * held.
 */
bool gcn_py_hooks_watch_requests(void);

/* Make the request's object and call pre_request: *req is the hook's request (new reference), also if the hook raised;
   *changed (new reference) what it has changed of it, or NULL. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_hooks_pre_request(const struct gcn_py_call *call, PyObject **req,
                                            PyObject **changed);

/* Make the environ that of the request with what was `changed`. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_hooks_apply_changes(PyObject *env, PyObject *changed);

/* What the response's object is made of. New reference; NULL with an exception. GIL: held. */
PyObject *gcn_py_hooks_response_facts(const struct gcn_py_call *call);

/*
 * Call post_request; `env` is NULL if it was never made: then the hook gets an empty one, and no
 * response. What the hook raises is logged. GIL: held.
 */
void gcn_py_hooks_post_request(const struct gcn_py_call *call, PyObject *req, PyObject *env);

#endif
