/* SPDX-License-Identifier: MIT */
/*
 * Signal handlers that user code has installed with Python's signal module. CPython runs them when
 * the main thread executes Python, which ours may not do for long; so it is told to write to a pipe
 * when there is one to run, and the loop watches that.
 */
#ifndef GCORN_PYTHON_HANDLERS_H
#define GCORN_PYTHON_HANDLERS_H

#include <gcorn/base/compiler.h>

/* Make the pipe, and another one in each forked child. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_handlers_init(void);

/* In a process that the app has forked: stop writing to it and close our copy. GIL: held. */
void gcn_py_handlers_forget(void);

/* Close the pipe; after the interpreter has ended. */
void gcn_py_handlers_finish(void);

#endif
