/* SPDX-License-Identifier: MIT */
/*
 * CPython's faulthandler cannot be called from C, only be registered for a signal (and it refuses
 * SIGABRT), with the descriptor that it will write to. So there are two signals of ours: one writes to
 * standard error, for handlers, the other to a descriptor that we point at a fresh file in memory
 * each time: what is in it then goes to the error log, wherever that is.
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
#include <gcorn/python/python.h>

#define STDERR_SIGNAL (SIGRTMAX - 1)
#define FILE_SIGNAL (SIGRTMAX - 2)

/* Process: what faulthandler writes to at FILE_SIGNAL; -1: it does not. */
static int file_fd = -1;

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

    file_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (faulthandler != NULL && register_signal(faulthandler, STDERR_SIGNAL, STDERR_FILENO) == 0) {
        rc = file_fd < 0 ? 0 : register_signal(faulthandler, FILE_SIGNAL, file_fd);
    }
    Py_XDECREF(faulthandler);
    return rc;
}

void gcn_py_stacks_finish(void)
{
    if (file_fd >= 0) {
        close(file_fd);
        file_fd = -1;
    }
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
        raise(STDERR_SIGNAL); /* blocked while a handler runs that blocks all: then right after it */
    }
    errno = saved;
}
