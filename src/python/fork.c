/* SPDX-License-Identifier: MIT */
/*
 * Forks with a live interpreter: ours, which are announced, and the app's.
 */
#include "fork.h"

#include "py.h"

#include <signal.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/base/ownfd.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/signals.h>
#include <gcorn/python/hooks.h>
#include <gcorn/python/python.h>

#include "exceptions.h"
#include "handlers.h"
#include "later.h"
#include "logger.h"
#include "pylib.h"
#include "state.h"
#include "thread.h"
#include "timeout.h"

bool gcn_py_is_forked;

/* Process. */
static struct {
    bool own;   /* between our before_fork and after_fork: not the app's fork */
    bool taken; /* … and the GIL was taken for it */
    sigset_t mask; /* of the thread that the app forks on */
} forks;

/* This process is the app's, not one of ours: leave nothing of ours in its hands. */
static void give_up(void)
{
    gcn_py_is_forked = true;
    gcn_ownfd_close_all();
    gcn_py_handlers_forget();
    gcn_py_set_heartbeat(NULL, NULL);
    gcn_py_timeout_forget();
    gcn_signals_forget(&forks.mask);
}

/*
 * The three run around every fork through Python, and around ours, which they leave alone. GIL:
 * held.
 */
static PyObject *before_fork(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    if (!forks.own) {
        gcn_signals_pause(&forks.mask);
    }
    Py_RETURN_NONE;
}

static PyObject *after_fork_in_parent(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    if (!forks.own) {
        gcn_signals_resume(&forks.mask);
    }
    Py_RETURN_NONE;
}

static PyObject *after_fork_in_child(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    gcn_py_later_after_fork();
    gcn_py_logger_after_fork();
    if (!forks.own) {
        give_up();
    }
    Py_RETURN_NONE;
}

int gcn_py_fork_init(void)
{
    static PyMethodDef hooks[] = {
        {"before", before_fork, METH_NOARGS, NULL},
        {"after_in_parent", after_fork_in_parent, METH_NOARGS, NULL},
        {"after_in_child", after_fork_in_child, METH_NOARGS, NULL},
    };
    PyObject *kwargs = PyDict_New();
    int rc = kwargs == NULL ? -1 : 0;

    for (size_t i = 0; rc == 0 && i < GCN_COUNT(hooks); i++) {
        PyObject *function = PyCFunction_New(&hooks[i], NULL);
        rc = function == NULL ? -1 : PyDict_SetItemString(kwargs, hooks[i].ml_name, function);
        Py_XDECREF(function);
    }
    PyObject *module = rc < 0 ? NULL : PyImport_ImportModule("posix");
    PyObject *function = module == NULL ? NULL : PyObject_GetAttrString(module, "register_at_fork");
    PyObject *done = function == NULL ? NULL : PyObject_VectorcallDict(function, NULL, 0, kwargs);

    rc = done == NULL ? -1 : 0;
    Py_XDECREF(done);
    Py_XDECREF(function);
    Py_XDECREF(module);
    Py_XDECREF(kwargs);
    return rc;
}

void gcn_py_before_fork(void)
{
    if (gcn_py.started) {
        forks.taken = gcn_py_thread_ensure();
        forks.own = true;
        PyOS_BeforeFork();
    }
}

void gcn_py_after_fork_parent(void)
{
    if (gcn_py.started) {
        PyOS_AfterFork_Parent();
        forks.own = false;
        gcn_py_thread_restore(forks.taken);
    }
}

void gcn_py_after_fork_child(void)
{
    if (gcn_py.started) {
        PyOS_AfterFork_Child();
        forks.own = false;
        if (gcn_py_handlers_init() < 0) {
            gcn_py_log_exception(GCN_LOG_ERROR, "Signal handlers of the app may run late");
        }
    }
}

/* The exit code that the exception, if there is one, asks for. What is nobody's wish is logged. */
static int judge(void)
{
    if (PyErr_Occurred() == NULL) {
        gcn_warn("process %d, which the app has forked, came back from the app; it ends here, and "
                 "whatever it meant to answer is dropped", (int)getpid());
        return GCN_EXIT_OK;
    }
    int code = gcn_py_exit_code();
    if (code < 0) {
        gcn_py_log_exception(GCN_LOG_EXCEPTION, "Error in process %d, which the app has forked",
                             (int)getpid());
        code = GCN_EXIT_ERROR;
    }
    PyErr_Clear();
    return code;
}

void gcn_py_fork_leave(void)
{
    int code = judge();

    /* Not Py_FinalizeEx: objects of ours and of threads that are not here would be torn down. */
    gcn_py_wind_up();
    _exit(code);
}
