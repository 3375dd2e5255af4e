/* SPDX-License-Identifier: MIT */
/*
 * From requests to lines of the access log: the one place that knows both.
 */
#ifndef GCORN_WORKER_ACCESS_H
#define GCORN_WORKER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/http/core.h>
#include <gcorn/log/access.h>

/* A response is over. `duration_us` is since the app was called. Thread: loop. */
void gcn_access_log_finished(struct gcn_access *access, const struct gcn_request *req,
                             const struct gcn_response *res, int64_t duration_us, bool complete);

/* The server refused a request itself, at the loop time `now_us`. Thread: loop. */
void gcn_access_log_refused(struct gcn_access *access, const struct gcn_refused *what,
                            int64_t now_us);

#endif
