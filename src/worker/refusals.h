/* SPDX-License-Identifier: MIT */
/*
 * The log lines of refused requests. A hostile client can cause as many refusals as it likes, so
 * only some lines a second are written, and one that says how many were not.
 */
#ifndef GCORN_WORKER_REFUSALS_H
#define GCORN_WORKER_REFUSALS_H

#include <stdint.h>

#include <gcorn/base/slice.h>
#include <gcorn/http/refusal.h>
#include <gcorn/http/request.h>

/* Lifetime: worker. {0} at the start. */
struct gcn_refusals {
    int64_t second; /* of the loop's clock that is being counted */
    int written;    /* lines in it */
    uint64_t quiet; /* refusals since the last line that were not written */
};

/*
 * Log one refusal at level warning: code, what is wrong, who, the offending bytes (cut; the log
 * escapes them), and the setting that would allow it.
 *   now_us  loop time
 */
void gcn_refusals_log(struct gcn_refusals *refusals, const struct gcn_endpoint *peer,
                      enum gcn_refusal refusal, struct gcn_slice culprit, int64_t now_us);

/* Say how many were not written, if that is due; INT64_MAX for `now_us`: it is. */
void gcn_refusals_flush(struct gcn_refusals *refusals, int64_t now_us);

/* In how many milliseconds that will be due; -1: there are none. */
int gcn_refusals_due_ms(const struct gcn_refusals *refusals, int64_t now_us);

#endif
