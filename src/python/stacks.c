/* SPDX-License-Identifier: MIT */
/*
 * CPython's faulthandler cannot be called from C, only be registered for a signal (and it refuses
 * SIGABRT), with the descriptor that it will write to. So there are two signals of ours, each with
 * a descriptor of its own. For handlers, the first is pointed at the error log's file before each
 * time. The second is pointed at a fresh file in memory: what is in it then goes to the error log,
 * wherever that is.
 */
#include "stacks.h"

#include "py.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gcorn/base/log.h>
#include <gcorn/base/mem.h>
#include <gcorn/log/errorlog.h>
#include <gcorn/python/python.h>

#define HANDLER_SIGNAL (SIGRTMAX - 1)
#define FILE_SIGNAL (SIGRTMAX - 2)

/* Process: what faulthandler writes to at the signals; -1: it does not. */
static int handler_fd = -1, file_fd = -1;

static int register_signal(PyObject *faulthandler, int signum, int fd)
{
    PyObject *done = PyObject_CallMethod(faulthandler, "register", "ii", signum, fd);

    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int gcn_py_stacks_init(void)
{
    PyObject *faulthandler = PyImport_ImportModule("faulthandler");
    int rc = -1;

    handler_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    file_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (faulthandler != NULL &&
        register_signal(faulthandler, HANDLER_SIGNAL,
                        handler_fd < 0 ? STDERR_FILENO : handler_fd) == 0) {
        rc = file_fd < 0 ? 0 : register_signal(faulthandler, FILE_SIGNAL, file_fd);
    }
    Py_XDECREF(faulthandler);
    return rc;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void gcn_py_stacks_finish(void)
{
    close_fd(&handler_fd);
    close_fd(&file_fd);
}

/* Log what was written to `fd`. */
static void log_content(int fd)
{
    off_t size = lseek(fd, 0, SEEK_CUR); /* the writer's place: both share it */

    if (size > 0) {
        char *text = gcn_alloc((size_t)size);
        ssize_t len = pread(fd, text, (size_t)size, 0);
        if (len > 0) {
            gcn_log_text(GCN_LOG_ERROR, text, (size_t)len);
        }
        gcn_free(text);
    }
}

void gcn_py_log_stacks(void)
{
    int fd = file_fd < 0 ? -1 : memfd_create("gcorn-stacks", MFD_CLOEXEC);

    if (fd < 0 || dup3(fd, file_fd, O_CLOEXEC) < 0) {
        gcn_py_dump_stacks(); /* out of descriptors: better there than nowhere */
    } else {
        raise(FILE_SIGNAL);
        log_content(fd);
    }
    if (fd >= 0) {
        close(fd);
    }
}

void gcn_py_dump_stacks(void)
{
    int saved = errno;

    if (gcn_py_is_started()) {
        if (handler_fd >= 0) {
            dup3(gcn_log_fd(), handler_fd, O_CLOEXEC);
        }
        raise(HANDLER_SIGNAL); /* blocked while a handler runs that blocks all: then right after it */
    }
    errno = saved;
}
