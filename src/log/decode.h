/* SPDX-License-Identifier: MIT */
/*
 * Values that stand encoded in a request: a path, a user name.
 */
#ifndef GCORN_LOG_DECODE_H
#define GCORN_LOG_DECODE_H

#include <gcorn/base/slice.h>

/* Room for what is decoded: longer than any request line or field that is let in by default. */
enum { GCN_DECODE_BYTES = 8192 };

/*
 * `path` without its percent escapes, at `scratch` if there are any; what does not fit is left out.
 */
struct gcn_slice gcn_decode_path(struct gcn_slice path, char *scratch);

/*
 * The user name in `authorization`, the value of that field: of the Basic scheme (RFC 7617 §2), at
 * `scratch`. ptr is NULL if there is none.
 */
struct gcn_slice gcn_decode_user(struct gcn_slice authorization, char *scratch);

#endif
