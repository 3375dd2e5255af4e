/* SPDX-License-Identifier: MIT */
/*
 * Executors: who runs the app for the requests that the I/O core has completed. Each has one entry,
 * called once a worker with the app loaded, the loop ready and the interpreter entered.
 */
#ifndef GCORN_WORKER_EXEC_H
#define GCORN_WORKER_EXEC_H

struct gcn_worker;

/*
 * The sync worker: the app runs on the loop's thread between two events. Serves until the worker is
 * stopping and its connections are done, or it is quitting, or stop_by_us has passed. Every turn it
 * keeps the worker's deadline (deadline.h) and it counts each finished call (recycle.h).
 * Returns an exit code (enum gcn_exit). GIL: held on entry and on return, released while waiting.
 */
int gcn_exec_inline_run(struct gcn_worker *worker);

/*
 * The gthread worker: `threads` threads run the app, and the loop goes on meanwhile without the
 * interpreter. The same contract otherwise.
 */
int gcn_exec_threads_run(struct gcn_worker *worker, int threads);

#endif
