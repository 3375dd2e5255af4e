/* SPDX-License-Identifier: MIT */
/*
 * Raising TimeoutError in a call that takes too long.
 */
#ifndef GCORN_PYTHON_TIMEOUT_H
#define GCORN_PYTHON_TIMEOUT_H

#include "py.h"

#include <stdint.h>

#include "call.h"

/* The call runs the app from now on, on this thread; it does no longer. GIL: held. */
void gcn_py_timeout_begin(struct gcn_py_call *call);
void gcn_py_timeout_end(struct gcn_py_call *call);

/*
 * In a process that the app has forked: its parent answers all calls, so what comes of them here is
 * dropped as if their clients had left. GIL: held.
 */
void gcn_py_timeout_forget(void);

/*
 * Raise it in the call whose request has this ticket, if it runs. GIL: taken inside; may wait for
 * it.
 */
void gcn_py_timeout_raise(uint64_t ticket);

#endif
