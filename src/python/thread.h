/* SPDX-License-Identifier: MIT */
/*
 * Which of our threads hold the GIL, and their thread states, each kept for the thread's life.
 */
#ifndef GCORN_PYTHON_THREAD_H
#define GCORN_PYTHON_THREAD_H

#include <stdbool.h>

/* The thread that started the interpreter: it holds the GIL. */
void gcn_py_thread_adopt(void);

/* It holds no GIL any more: the interpreter is gone. */
void gcn_py_thread_disown(void);

/* True if this thread is one of ours and holds the GIL. */
bool gcn_py_thread_is_entered(void);

/* True if this thread is one of ours that has left the interpreter and may enter it. */
bool gcn_py_thread_may_enter(void);

/* True on the thread that started the interpreter, where Python runs signal handlers. */
bool gcn_py_thread_is_main(void);

/*
 * Take the GIL unless this thread has it. Returns what gcn_py_thread_restore is given to undo that.
 * Thread: one of ours.
 */
bool gcn_py_thread_ensure(void);
void gcn_py_thread_restore(bool taken);

/* Take and release the GIL; see struct gcn_app_ops. What waits for the GIL is done on the way. */
void gcn_py_thread_enter(void);
void gcn_py_thread_leave(void);

/* The begin and end of a further thread; see struct gcn_app_ops. */
void gcn_py_thread_start(void);
void gcn_py_thread_stop(void);

#endif
