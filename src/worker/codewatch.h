/* SPDX-License-Identifier: MIT */
/*
 * The setting `reload`: notices that a file of the app has changed and tells the arbiter, which
 * then reloads as for HUP. For development.
 *
 * What is watched: the files of all modules that are loaded, reload_extra_files, and, in a worker
 * whose app could not be loaded, all Python files below the current directory.
 */
#ifndef GCORN_WORKER_CODEWATCH_H
#define GCORN_WORKER_CODEWATCH_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

struct gcn_codewatch;
struct gcn_worker;

/*
 * Start watching in worker->loop. Returns NULL with `err` if the system refuses; with the engine
 * `auto` it then polls instead. `broken`: the app could not be loaded.
 */
struct gcn_codewatch *gcn_codewatch_start(struct gcn_worker *worker, bool broken,
                                          struct gcn_error *err);

/* Stop. NULL is fine. */
void gcn_codewatch_stop(struct gcn_codewatch *watch);

#endif
