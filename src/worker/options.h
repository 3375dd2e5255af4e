/* SPDX-License-Identifier: MIT */
/*
 * The one place where settings become the small structs that the modules below the worker know.
 */
#ifndef GCORN_WORKER_OPTIONS_H
#define GCORN_WORKER_OPTIONS_H

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

struct gcn_py_options;
struct gcn_worker;

/*
 * Fill worker->limits, forwarders, proxies and timeout_us from worker->settings. False if a network
 * is none (the configuration was not checked).
 */
GCN_MUST_CHECK bool gcn_options_init(struct gcn_worker *worker, struct gcn_error *err);
void gcn_options_finish(struct gcn_worker *worker);

/* What the interpreter is started with. Borrows from the settings. */
void gcn_options_python(const struct gcn_worker *worker, struct gcn_py_options *out);

#endif
