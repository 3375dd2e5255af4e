/* SPDX-License-Identifier: MIT */
/*
 * The hooks of a worker's life. Those of its requests are called with the app.
 */
#ifndef GCORN_WORKER_HOOKS_H
#define GCORN_WORKER_HOOKS_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/python/hooks.h>

#include "worker_private.h"

/*
 * If the settings have hooks: start Python, find them unless the arbiter has, and be that worker.
 * False with `err` if that fails.
 */
GCN_MUST_CHECK bool gcn_worker_hooks_open(struct gcn_worker *worker, struct gcn_error *err);

/* Have hooks that the worker does not call itself see it as it is now. */
void gcn_worker_hooks_look(struct gcn_worker *worker);

/* Call one. False if it raised: logged, with *code what sys.exit in it asked for, if it did. */
GCN_MUST_CHECK bool gcn_worker_hook(struct gcn_worker *worker, enum gcn_hook hook, int *code);

/* Free what was found here. */
void gcn_worker_hooks_close(struct gcn_worker *worker);

#endif
