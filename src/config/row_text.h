/* SPDX-License-Identifier: MIT */
/*
 * What help, reference, manual and completions all say of a row.
 */
#ifndef GCORN_CONFIG_ROW_TEXT_H
#define GCORN_CONFIG_ROW_TEXT_H

#include <gcorn/base/buf.h>
#include <gcorn/config/table.h>

/* The default as people write it: "30", "'127.0.0.1:8000'"; "None" or "[]" where there is none. */
void gcn_row_default(const struct gcn_setting *row, struct gcn_buf *out);

/* "auto, poll or inotify"; nothing for a row without choices. */
void gcn_row_choices(const struct gcn_setting *row, struct gcn_buf *out);

/*
 * Append `text` wrapped at `columns`, further lines indented by `indent`; ends without a line end.
 */
void gcn_text_wrap(const char *text, size_t indent, size_t columns, struct gcn_buf *out);

/* Append " Not in this version." or " Without effect.", if it is so. */
void gcn_row_status(const struct gcn_setting *row, struct gcn_buf *out);

#endif
