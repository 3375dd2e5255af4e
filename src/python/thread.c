/* SPDX-License-Identifier: MIT */
/*
 * Which of our threads hold the GIL, and their thread states, each kept for the thread's life.
 */
#include "thread.h"

#include "py.h"

#include <gcorn/base/die.h>

#include "exceptions.h"
#include "later.h"
#include "pylib.h"
#include "state.h"

/* Thread. */
static _Thread_local struct {
    PyThreadState *state; /* owned by the interpreter; NULL while the thread is entered */
    bool entered;
    bool main;
} mine;

void gcn_py_thread_adopt(void)
{
    mine.entered = true;
    mine.main = true;
}

void gcn_py_thread_disown(void)
{
    mine.entered = false;
    mine.main = false;
}

bool gcn_py_thread_is_entered(void)
{
    return mine.entered;
}

bool gcn_py_thread_may_enter(void)
{
    return mine.state != NULL;
}

bool gcn_py_thread_is_main(void)
{
    return mine.main;
}

void gcn_py_thread_enter(void)
{
    GCN_ASSERT(!mine.entered && mine.state != NULL);
    PyEval_RestoreThread(mine.state);
    mine.state = NULL;
    mine.entered = true;
    gcn_py_later_drain();
}

void gcn_py_thread_leave(void)
{
    GCN_ASSERT(mine.entered);
    gcn_py_later_drain();
    mine.entered = false;
    mine.state = PyEval_SaveThread();
}

bool gcn_py_thread_ensure(void)
{
    bool taken = !mine.entered;

    if (taken) {
        gcn_py_thread_enter();
    }
    return taken;
}

void gcn_py_thread_restore(bool taken)
{
    if (taken) {
        gcn_py_thread_leave();
    }
}

void gcn_py_thread_start(void)
{
    GCN_ASSERT(!mine.entered && mine.state == NULL);
    PyThreadState *state = PyThreadState_New(gcn_py.interp);
    GCN_ASSERT(state != NULL);
    PyEval_RestoreThread(state);
    mine.entered = true;
    PyObject *done = gcn_pylib_call("threads", "adopt", NULL);
    if (done == NULL) {
        gcn_py_log_exception(GCN_LOG_ERROR, "Threads of the app may be cut off at the end");
    }
    Py_XDECREF(done);
}

void gcn_py_thread_stop(void)
{
    GCN_ASSERT(!mine.entered && mine.state != NULL);
    PyEval_RestoreThread(mine.state);
    mine.state = NULL;
    PyThreadState_Clear(PyThreadState_Get());
    PyThreadState_DeleteCurrent();
}
