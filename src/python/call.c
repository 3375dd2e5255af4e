/* SPDX-License-Identifier: MIT */
/*
 * The objects of a request, used again and again.
 */
#include "call.h"

#include <sched.h>
#include <stddef.h>

#include <gcorn/base/mem.h>

#include "input.h"
#include "socket.h"
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

PyObject *gcn_py_bound_create(PyTypeObject *type, vectorcallfunc vectorcall,
                              struct gcn_py_call *call)
{
    struct gcn_py_bound *self = PyObject_New(struct gcn_py_bound, type);

    if (self == NULL) {
        return NULL;
    }
    self->vectorcall = vectorcall;
    self->call = call;
    return (PyObject *)self;
}

static int fill(struct gcn_py_call *call)
{
    if (call->start_response == NULL) {
        call->start_response = gcn_py_start_response_create(call);
    }
    if (call->write == NULL) {
        call->write = gcn_py_write_create(call);
    }
    if (call->early_hints == NULL) {
        call->early_hints = gcn_py_early_hints_create(call);
    }
    if (call->input == NULL) {
        call->input = gcn_py_input_create(call);
    }
    if (call->socket == NULL) {
        call->socket = gcn_py_socket_create(call);
    }
    return PyErr_Occurred() == NULL ? 0 : -1;
}

static bool is_full(const struct gcn_py_call *call)
{
    return call->start_response != NULL && call->write != NULL && call->early_hints != NULL &&
           call->input != NULL && call->socket != NULL;
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
    if (GCN_UNLIKELY(!is_full(call)) && fill(call) < 0) {
        gcn_py_call_end(call);
        return NULL;
    }
    return call;
}

/* The app has kept `*slot`: it is the app's now, and stands for nothing. */
static void cut_off(PyObject **slot)
{
    struct gcn_py_bound *bound = (struct gcn_py_bound *)*slot;

    if (bound != NULL && Py_REFCNT(*slot) > 1) {
        bound->call = NULL;
        Py_CLEAR(*slot);
    }
}

static void destroy(struct gcn_py_call *call)
{
    Py_XDECREF(call->start_response);
    Py_XDECREF(call->write);
    Py_XDECREF(call->early_hints);
    Py_XDECREF(call->input);
    gcn_py_socket_end(&call->socket);
    Py_XDECREF(call->socket);
    gcn_free(call);
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
    cut_off(&call->start_response);
    cut_off(&call->write);
    cut_off(&call->early_hints);
    cut_off(&call->input);
    gcn_py_socket_end(&call->socket);
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
