/* SPDX-License-Identifier: MIT */
/*
 * Values of a request that are gone when its line is written, noted while they are there: the
 * fields that the app gave, keys of the environ. Noted only if the format has them.
 */
#ifndef GCORN_LOG_NOTES_H
#define GCORN_LOG_NOTES_H

#include <gcorn/base/buf.h>
#include <gcorn/base/slice.h>
#include <gcorn/log/access.h>

/* Append a note to `notes`. */
void gcn_note_add(struct gcn_buf *notes, enum gcn_access_table table, struct gcn_slice name,
                  struct gcn_slice value);

/* The value noted last for `name` (any case) of `table`, or ptr NULL. Borrowed from `notes`. */
struct gcn_slice gcn_note_find(const struct gcn_buf *notes, enum gcn_access_table table,
                               struct gcn_slice name);

#endif
