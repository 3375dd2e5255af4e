/* SPDX-License-Identifier: MIT */
/*
 * Processes that the app forks by itself: os.fork, multiprocessing, subprocess with preexec_fn.
 * Such a child has copies of all that we have and is no worker.
 */
#ifndef GCORN_PYTHON_FORK_H
#define GCORN_PYTHON_FORK_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>

/* Process: the app has forked it. Read with the GIL held. */
extern bool gcn_py_is_forked;

/* Have every fork noticed. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_fork_init(void);

/*
 * Whoever has called user code ends here if that has forked and this is the child: see
 * gcn_py_fork_check.
 */
void gcn_py_fork_leave(void);

/*
 * To be called when user code has returned, with its exception still set if it raised one. A
 * process that the app has forked does not come back from it: its atexit functions are run, its
 * output is flushed, and it ends with the code of SystemExit, with 1 if it raised something else
 * (which is logged), else with 0. GIL: held.
 */
static inline void gcn_py_fork_check(void)
{
    if (GCN_UNLIKELY(gcn_py_is_forked)) {
        gcn_py_fork_leave();
    }
}

#endif
