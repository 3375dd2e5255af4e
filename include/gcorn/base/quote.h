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
 * `text` in quotes at `out`, which is returned. Quotes and backslashes get a backslash, control
 * bytes are shown as \x1b, and what is too long ends in "…".
 */
char *gcn_quote(struct gcn_slice text, char out[GCN_QUOTE_BYTES]);

#endif
