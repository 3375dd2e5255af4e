/* SPDX-License-Identifier: MIT */
/*
 * Signal handlers that user code has installed.
 */
#include "handlers.h"

#include "py.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/python/python.h>

#include "exceptions.h"
#include "fork.h"
#include "thread.h"

/* Process. */
static struct {
    int read_fd, write_fd; /* owned; -1: none */
} wakeup = {-1, -1};

static void close_pipe(int read_fd, int write_fd)
{
    if (read_fd >= 0) {
        close(read_fd);
        close(write_fd);
    }
}

/* Tell CPython where to write. -1 with an exception. */
static int set_wakeup_fd(int fd)
{
    PyObject *module = PyImport_ImportModule("_signal");
    PyObject *function = module == NULL ? NULL : PyObject_GetAttrString(module, "set_wakeup_fd");
    PyObject *args = function == NULL ? NULL : Py_BuildValue("(i)", fd);
    PyObject *kwargs =
        args == NULL ? NULL : Py_BuildValue("{s:O}", "warn_on_full_buffer", Py_False);
    PyObject *old = kwargs == NULL ? NULL : PyObject_Call(function, args, kwargs);
    int rc = old == NULL ? -1 : 0;

    Py_XDECREF(old);
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return rc;
}

int gcn_py_handlers_init(void)
{
    int ends[2], before[2] = {wakeup.read_fd, wakeup.write_fd};

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    if (set_wakeup_fd(ends[1]) < 0) {
        close_pipe(ends[0], ends[1]);
        return -1;
    }
    wakeup.read_fd = ends[0];
    wakeup.write_fd = ends[1];
    close_pipe(before[0], before[1]);
    return 0;
}

void gcn_py_handlers_finish(void)
{
    close_pipe(wakeup.read_fd, wakeup.write_fd);
    wakeup.read_fd = wakeup.write_fd = -1;
}

void gcn_py_handlers_forget(void)
{
    if (set_wakeup_fd(-1) < 0) {
        PyErr_Clear(); /* then its signals wake our loop, which finds nothing to do */
    }
    gcn_py_handlers_finish();
}

int gcn_py_signal_fd(void)
{
    return wakeup.read_fd;
}

bool gcn_py_run_signal_handlers(void)
{
    char bytes[64];
    bool go_on = true;

    while (read(wakeup.read_fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes)) {
    }
    bool taken = gcn_py_thread_ensure();
    int rc = PyErr_CheckSignals();
    gcn_py_fork_check();
    if (rc < 0) {
        go_on = gcn_py_exit_code() < 0;
        gcn_py_log_exception(go_on ? GCN_LOG_ERROR : GCN_LOG_INFO, "A signal handler of the app %s",
                             go_on ? "failed" : "ends the worker");
    }
    gcn_py_thread_restore(taken);
    return go_on;
}
