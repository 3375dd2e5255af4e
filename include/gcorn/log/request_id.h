/* SPDX-License-Identifier: MIT */
/*
 * Names of requests, by which their lines in several logs are found.
 */
#ifndef GCORN_LOG_REQUEST_ID_H
#define GCORN_LOG_REQUEST_ID_H

#include <stdbool.h>

#include <gcorn/base/slice.h>

enum {
    GCN_REQUEST_ID_BYTES = 32, /* of one that is made: hexadecimal digits */
    GCN_REQUEST_ID_MAX = 128,  /* of one that is taken over */
};

/*
 * True if `id`, which somebody else has made, can stand anywhere: 1 to 128 of A-Z a-z 0-9 + - . / :
 * = @ _ ~
 */
bool gcn_request_id_is_valid(struct gcn_slice id);

/*
 * A new one at `out`, not NUL-terminated. No two of a process are the same, and of different
 * processes only by a chance of 2^-64. Not a secret. Thread: loop.
 */
void gcn_request_id_make(char out[GCN_REQUEST_ID_BYTES]);

#endif
