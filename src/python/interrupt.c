/* SPDX-License-Identifier: MIT */
/*
 * Ending the app call that runs on the main thread, from a signal handler. The handler can only
 * ask: PyErr_SetInterrupt makes CPython run its handler for SIGINT on the main thread at the next
 * bytecode or when a system call comes back with EINTR, and that handler raises SystemExit, but only
 * into the very call that was meant.
 */
#include "interrupt.h"

#include "py.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

#include <gcorn/python/python.h>

#include "hooks_private.h"
#include "signals.h"
#include "thread.h"

/* Process. Calls on the main thread are numbered from 1; a boot counts as one. */
static struct {
    unsigned last;
    _Atomic unsigned running; /* number of the call in progress, or 0 */
    _Atomic unsigned meant;   /* number of the call that shall end, or 0 */
    _Atomic int hook;         /* to be called first: worker_int or worker_abort, or worker_exit: none */
    bool happened;            /* the exception was raised in the call in progress */
} interrupt;

static PyObject *on_sigint(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
    unsigned meant = atomic_exchange(&interrupt.meant, 0);

    if (meant == 0 || meant != atomic_load(&interrupt.running)) {
        Py_RETURN_NONE;
    }
    interrupt.happened = true;
    if (gcn_py_hooks_interrupted((enum gcn_hook)atomic_load(&interrupt.hook)) < 0) {
        return NULL;
    }
    PyErr_SetString(PyExc_SystemExit, "the server ends this call");
    return NULL;
}

int gcn_py_interrupt_init(void)
{
    static PyMethodDef handler = {"on_sigint", on_sigint, METH_VARARGS, NULL};
    PyObject *function = PyCFunction_New(&handler, NULL);
    int rc = function == NULL ? -1 : gcn_py_signal_set(SIGINT, function);

    Py_XDECREF(function);
    return rc;
}

void gcn_py_interrupt_begin(void)
{
    if (GCN_UNLIKELY(!gcn_py_thread_is_main())) {
        return;
    }
    interrupt.last = interrupt.last == UINT_MAX ? 1 : interrupt.last + 1;
    atomic_store_explicit(&interrupt.running, interrupt.last, memory_order_relaxed);
}

bool gcn_py_interrupt_again(void)
{
    if (!gcn_py_thread_is_main() || !interrupt.happened) {
        return false;
    }
    interrupt.happened = false;
    atomic_store(&interrupt.meant, atomic_load(&interrupt.running));
    PyErr_SetInterrupt();
    return true;
}

bool gcn_py_interrupt_end(void)
{
    if (GCN_UNLIKELY(!gcn_py_thread_is_main())) {
        return false;
    }
    atomic_store_explicit(&interrupt.running, 0, memory_order_relaxed);
    bool happened = interrupt.happened;
    interrupt.happened = false;
    return happened;
}

void gcn_py_boot_begin(void)
{
    gcn_py_interrupt_begin();
}

bool gcn_py_boot_end(void)
{
    return gcn_py_interrupt_end();
}

bool gcn_py_boot_interrupted(void)
{
    return interrupt.happened;
}

bool gcn_py_interrupt_boot(enum gcn_hook hook)
{
    const struct gcn_py_hooks *hooks;
    unsigned number = gcn_py_call_number();

    gcn_py_hooks_own(&hooks);
    if (number == 0 ||
        !(gcn_py_hooks_have(hooks, hook) || gcn_py_hooks_have(hooks, GCN_HOOK_WORKER_EXIT))) {
        return false;
    }
    gcn_py_interrupt_call(hook, number);
    return true;
}

unsigned gcn_py_call_number(void)
{
    return atomic_load(&interrupt.running);
}

void gcn_py_interrupt_call(enum gcn_hook hook, unsigned number)
{
    int saved = errno;

    if (number != 0 && number == gcn_py_call_number()) {
        atomic_store(&interrupt.hook, (int)hook);
        atomic_store(&interrupt.meant, number);
        PyErr_SetInterrupt();
    }
    errno = saved;
}

void gcn_py_interrupt(enum gcn_hook hook)
{
    gcn_py_interrupt_call(hook, gcn_py_call_number());
}
