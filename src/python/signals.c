/* SPDX-License-Identifier: MIT */
/*
 * A handler that was installed in C is None for signal.getsignal, which code cannot call, and
 * signal.signal does not take back. So each is shown as a function that does what it does.
 */
#include "signals.h"

#include <signal.h>

#include <gcorn/proc/signals.h>

#include "fork.h"
#include "state.h"

int gcn_py_signal_set(int signum, PyObject *handler)
{
    struct sigaction before;

    sigaction(signum, NULL, &before);
    PyObject *module = PyImport_ImportModule("_signal");
    PyObject *old =
        module == NULL ? NULL : PyObject_CallMethod(module, "signal", "iO", signum, handler);
    int rc = old == NULL ? -1 : 0;
    sigaction(signum, &before, NULL);
    Py_XDECREF(old);
    Py_XDECREF(module);
    return rc;
}

/* In a process that the app has forked it is the default action that there is to do. */
static PyObject *on_signal(PyObject *number, PyObject *Py_UNUSED(args))
{
    int signum = (int)PyLong_AsLong(number);
    void (*handler)(int) = gcn_signal_handler(signum);

    if (gcn_py_is_forked) {
        signal(signum, SIG_DFL);
        raise(signum);
    } else if (handler != NULL) {
        handler(signum);
    }
    Py_RETURN_NONE;
}

static int show(int signum)
{
    static PyMethodDef method = {"on_signal", on_signal, METH_VARARGS, NULL};
    PyObject *number = PyLong_FromLong(signum);
    PyObject *function = number == NULL ? NULL : PyCFunction_New(&method, number);
    int rc = function == NULL ? -1 : gcn_py_signal_set(signum, function);

    Py_XDECREF(function);
    Py_XDECREF(number);
    return rc;
}

/* SIGINT is what ends app calls: interrupt.c. */
static bool is_shown(int signum)
{
    return signum != SIGINT && gcn_signal_handler(signum) != NULL && gcn_signal_is_caught(signum);
}

int gcn_py_signals_show(void)
{
    for (int signum = 1; gcn_py.started && signum < NSIG; signum++) {
        if (is_shown(signum) && show(signum) < 0) {
            return -1;
        }
    }
    return 0;
}

void gcn_py_signals_hide(void)
{
    PyObject *default_action = PyLong_FromLong(0); /* SIG_DFL */

    for (int signum = 1; default_action != NULL && signum < NSIG; signum++) {
        if (is_shown(signum) && gcn_py_signal_set(signum, default_action) < 0) {
            PyErr_Clear();
        }
    }
    Py_XDECREF(default_action);
}
