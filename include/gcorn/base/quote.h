/* SPDX-License-Identifier: MIT */
/*
 * What somebody wrote, as a message shows it: in quotes, on one line.
 */
#ifndef GCORN_BASE_QUOTE_H
#define GCORN_BASE_QUOTE_H

#include <gcorn/base/slice.h>

enum {
    GCN_QUOTE_MOST = 80,                      /* bytes of a text that are shown */
    GCN_QUOTE_BYTES = GCN_QUOTE_MOST * 4 + 6, /* with quotes, escapes, "…" and the end */
};

/*
 * `byte` as it stands between quotes, at `at`: a quote or a backslash behind a backslash, a control
 * byte as \x1b. Returns the end; writes at most 5 bytes, of which the last may be a NUL.
 */
char *gcn_quote_byte(char *at, char byte);

/*
 * `text` in quotes at `out`, which is returned. Quotes and backslashes get a backslash, control
 * bytes are shown as \x1b, and what is too long ends in "…".
 */
char *gcn_quote(struct gcn_slice text, char out[GCN_QUOTE_BYTES]);

#endif
