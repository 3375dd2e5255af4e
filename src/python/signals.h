/* SPDX-License-Identifier: MIT */
/*
 * What Python's signal module says of signals that this process handles in C.
 */
#ifndef GCORN_PYTHON_SIGNALS_H
#define GCORN_PYTHON_SIGNALS_H

#include "py.h"

#include <gcorn/base/compiler.h>

/*
 * Make `handler` (borrowed) what signal.getsignal returns, and app code may call or put back; what
 * the process itself does at the signal stays as it was. -1 with an exception. GIL: held. Thread:
 * main.
 */
GCN_MUST_CHECK int gcn_py_signal_set(int signum, PyObject *handler);

/*
 * Show what gcn_signal_catch has put in place, and nobody has replaced, as functions that do the
 * same. Again after a fork, where other handlers are in place. Harmless if not started. -1 with an
 * exception. GIL: held. Thread: main.
 */
GCN_MUST_CHECK int gcn_py_signals_show(void);

/*
 * The opposite: the end of the interpreter would give these signals their default
 * actions, and one that comes then would kill a process that is about to leave anyway. GIL: held.
 */
void gcn_py_signals_hide(void);

#endif
