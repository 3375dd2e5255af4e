/* SPDX-License-Identifier: MIT */
/*
 * Which calls run, on which threads. The GIL guards the list, so a call that is found in it is
 * still running when the exception is set, and one that ends takes an exception back that came too
 * late.
 */
#include "timeout.h"

/* Process. GIL: held. The list is initialised at the first use. */
static struct gcn_list running;

void gcn_py_timeout_begin(struct gcn_py_call *call)
{
    if (GCN_UNLIKELY(running.next == NULL)) {
        gcn_list_init(&running);
    }
    call->timed_out = false;
    gcn_list_push(&running, &call->running_link);
}

void gcn_py_timeout_end(struct gcn_py_call *call)
{
    gcn_list_remove(&call->running_link);
    if (GCN_UNLIKELY(call->timed_out)) {
        PyThreadState_SetAsyncExc(call->thread_id, NULL);
    }
}

void gcn_py_timeout_forget(void)
{
    for (struct gcn_list *link = running.next; link != NULL && link != &running;
         link = link->next) {
        GCN_CONTAINER_OF(link, struct gcn_py_call, running_link)->res->gone = true;
    }
}

void gcn_py_timeout_raise(uint64_t ticket)
{
    PyGILState_STATE state = PyGILState_Ensure();

    for (struct gcn_list *link = running.next; link != NULL && link != &running;
         link = link->next) {
        struct gcn_py_call *call = GCN_CONTAINER_OF(link, struct gcn_py_call, running_link);
        if (call->req->ticket == ticket) {
            call->timed_out = true;
            PyThreadState_SetAsyncExc(call->thread_id, PyExc_TimeoutError);
            break;
        }
    }
    PyGILState_Release(state);
}
