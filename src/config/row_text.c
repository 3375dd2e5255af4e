/* SPDX-License-Identifier: MIT */
/*
 * Rows in words.
 */
#include "row_text.h"

#include <gcorn/base/mem.h>

#include "kind.h"

/* What a row without a default holds: its member, zeroed. */
static void print_nothing(const struct gcn_setting *row, struct gcn_buf *out)
{
    char *zeroed = gcn_alloc_zero(1, sizeof(struct gcn_settings));

    gcn_kind_print(row, zeroed + row->offset, out);
    gcn_free(zeroed);
}

void gcn_row_default(const struct gcn_setting *row, struct gcn_buf *out)
{
    if (row->fallback_shown != NULL) {
        gcn_buf_append_str(out, row->fallback_shown);
    } else if (row->fallback != NULL) {
        gcn_buf_append_str(out, row->fallback[0] == '\0' ? "''" : row->fallback);
    } else {
        print_nothing(row, out);
    }
}

void gcn_row_choices(const struct gcn_setting *row, struct gcn_buf *out)
{
    struct gcn_slice list = gcn_slice_of(row->choices), word;

    for (size_t i = 0; gcn_word_take(&list, &word); i++) {
        gcn_buf_append_str(out, i == 0 ? "" : list.len == 0 ? " or " : ", ");
        gcn_buf_append(out, word.ptr, word.len);
    }
}

/* Columns of UTF-8 text: every byte but the continuation ones. */
static size_t width_of(struct gcn_slice word)
{
    size_t width = 0;

    for (size_t i = 0; i < word.len; i++) {
        width += ((unsigned char)word.ptr[i] & 0xc0) != 0x80;
    }
    return width;
}

void gcn_text_wrap(const char *text, size_t indent, size_t columns, struct gcn_buf *out)
{
    struct gcn_slice rest = gcn_slice_of(text), word;
    size_t at = indent;

    while (gcn_word_take(&rest, &word)) {
        size_t width = width_of(word);
        if (at > indent && at + 1 + width > columns) {
            gcn_buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            gcn_buf_append_byte(out, ' ');
            at++;
        }
        gcn_buf_append(out, word.ptr, word.len);
        at += width;
    }
}

void gcn_row_status(const struct gcn_setting *row, struct gcn_buf *out)
{
    static const char *const texts[] = {
        [GCN_READY] = "",
        [GCN_MISSING] = " Not in this version.",
        [GCN_POINTLESS] = " Without effect.",
    };
    gcn_buf_append_str(out, texts[row->status]);
}
