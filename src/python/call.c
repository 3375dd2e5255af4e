/* SPDX-License-Identifier: MIT */
/*
 * The objects of a request, used again and again.
 */
#include "call.h"

#include <sched.h>
#include <stddef.h>

#include <gcorn/base/mem.h>

#include "start_response.h"
#include "state.h"

enum { MAX_SPARE = 64 };

/* Process. GIL: held. */
static struct {
    struct gcn_py_call *first;
    int count;
} spare;

PyMemberDef gcn_py_bound_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct gcn_py_bound, vectorcall), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyObject *gcn_py_bound_create(PyTypeObject *type, vectorcallfunc vectorcall)
{
    struct gcn_py_bound *self = PyObject_New(struct gcn_py_bound, type);

    if (self == NULL) {
        return NULL;
    }
    self->vectorcall = vectorcall;
    self->call = NULL;
    return (PyObject *)self;
}

static int fill(struct gcn_py_call *call)
{
    if (call->start_response == NULL) {
        call->start_response = gcn_py_start_response_create();
    }
    if (call->write == NULL) {
        call->write = gcn_py_write_create();
    }
    return call->start_response != NULL && call->write != NULL ? 0 : -1;
}

struct gcn_py_call *gcn_py_call_begin(struct gcn_request *req, struct gcn_response *res)
{
    struct gcn_py_call *call = spare.first;

    if (call != NULL) {
        spare.first = call->next;
        spare.count--;
    } else {
        call = gcn_alloc_zero(1, sizeof(*call));
        gcn_list_init(&call->running_link);
    }
    call->req = req;
    call->res = res;
    call->thread_id = PyThread_get_thread_ident();
    if (GCN_UNLIKELY(call->start_response == NULL || call->write == NULL) && fill(call) < 0) {
        gcn_py_call_end(call);
        return NULL;
    }
    gcn_py_bound_begin(call->start_response, call);
    gcn_py_bound_begin(call->write, call);
    return call;
}

static void destroy(struct gcn_py_call *call)
{
    Py_XDECREF(call->start_response);
    Py_XDECREF(call->write);
    gcn_py_objects_drop(&call->own);
    gcn_free(call);
}

int gcn_py_call_use_own(struct gcn_py_call *call)
{
    if (call->objects != NULL) {
        return 0;
    }
    if (gcn_py_objects_fill(&call->own) < 0) {
        return -1;
    }
    gcn_py_call_use(call, &call->own);
    return 0;
}

/* A thread of the app still reads from the body's file, which is closed when we return. */
static void await_readers(const struct gcn_py_call *call)
{
    while (call->readers > 0) {
        Py_BEGIN_ALLOW_THREADS
        sched_yield();
        Py_END_ALLOW_THREADS
    }
}

void gcn_py_call_end(struct gcn_py_call *call)
{
    await_readers(call);
    gcn_py_bound_end(&call->start_response, 1);
    gcn_py_bound_end(&call->write, 1);
    if (call->objects != NULL) {
        gcn_py_objects_end(call->objects);
        call->objects = NULL;
    }
    if (call->window != NULL) {
        gcn_free(call->window);
        call->window = NULL;
        call->window_len = 0;
    }
    call->started = call->keep_headers = false;
    Py_CLEAR(call->headers);
    call->body_at = 0;
    if (spare.count == MAX_SPARE) {
        destroy(call);
        return;
    }
    call->next = spare.first;
    spare.first = call;
    spare.count++;
}

void gcn_py_calls_finish(void)
{
    while (spare.first != NULL) {
        struct gcn_py_call *call = spare.first;
        spare.first = call->next;
        destroy(call);
    }
    spare.count = 0;
}
