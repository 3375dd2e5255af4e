/* SPDX-License-Identifier: MIT */
/*
 * References that are given up where the GIL may not be held: by the loop when bytes are sent or a
 * cached head is dropped. They wait here until somebody who holds it comes by.
 */
#ifndef GCORN_PYTHON_LATER_H
#define GCORN_PYTHON_LATER_H

#include "py.h"

/*
 * Give up one reference to `object`: at once if this thread holds the GIL, else at the next
 * gcn_py_later_drain. Thread: any. GIL: not needed.
 */
void gcn_py_decref_later(PyObject *object);

/* Give up what waits. Costs one load when nothing does. GIL: held. */
void gcn_py_later_drain(void);

/* In a forked child: the lock may have been held by a thread that is not here. */
void gcn_py_later_after_fork(void);

#endif
