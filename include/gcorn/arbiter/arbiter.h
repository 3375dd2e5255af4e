/* SPDX-License-Identifier: MIT */
/*
 * The arbiter: the process that binds the sockets, starts the workers and looks after them.
 */
#ifndef GCORN_ARBITER_ARBITER_H
#define GCORN_ARBITER_ARBITER_H

#include <gcorn/base/compiler.h>
#include <gcorn/config/load.h>

/*
 * Serve until told to stop. Takes over `settings`; `request` (borrowed) is loaded again at each
 * HUP. main has called gcn_title_init before. Opens the log, the sockets and everything else
 * itself. A daemon's first process returns too. Returns the exit code of the process.
 */
GCN_MUST_CHECK int gcn_arbiter_run(struct gcn_settings *settings,
                                   const struct gcn_load_request *request);

#endif
