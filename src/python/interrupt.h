/* SPDX-License-Identifier: MIT */
/*
 * Ending the app call that runs on the main thread, from a signal handler.
 */
#ifndef GCORN_PYTHON_INTERRUPT_H
#define GCORN_PYTHON_INTERRUPT_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>

/*
 * Make Python's handler for SIGINT ours; what the process itself does on SIGINT stays as it was. -1
 * with an exception. GIL: held.
 */
GCN_MUST_CHECK int gcn_py_interrupt_init(void);

/* Around an app call. On other threads than the main one they do nothing. GIL: held. */
void gcn_py_interrupt_begin(void);

/*
 * The exception that ends the call in progress was raised where it cannot pass: raise it again,
 * later. False if there is no such call. GIL: held.
 */
bool gcn_py_interrupt_again(void);

/* True if the call was interrupted, whether or not the app let the exception through. */
bool gcn_py_interrupt_end(void);

#endif
