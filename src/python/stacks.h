/* SPDX-License-Identifier: MIT */
/*
 * The Python stacks of all threads, written without waiting for any of them.
 */
#ifndef GCORN_PYTHON_STACKS_H
#define GCORN_PYTHON_STACKS_H

/* Make ready; once after the interpreter has started. -1 with an exception. GIL: held. */
int gcn_py_stacks_init(void);

/* The interpreter has ended. */
void gcn_py_stacks_finish(void);

/*
 * Write them to the error log, in one piece. GIL: not needed. Thread: one that runs no Python now.
 */
void gcn_py_log_stacks(void);

#endif
