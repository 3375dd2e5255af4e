/* SPDX-License-Identifier: MIT */
/*
 * The memos of a thread: one for each of some lengths that the first field may have, so that
 * responses of different kinds (text/html, application/json) do not take turns in one.
 */
#include "fieldmemo.h"

enum { MEMOS = 16 };

/* Thread. */
static _Thread_local struct gcn_field_memo memos[MEMOS];

void gcn_field_mark_begin(struct gcn_field_mark *mark, struct gcn_slice name,
                          struct gcn_slice value)
{
    mark->memo = &memos[(name.len + value.len) % MEMOS];
}

bool gcn_field_mark_add(struct gcn_field_mark *mark, struct gcn_slice name,
                        struct gcn_slice value, int64_t length)
{
    struct gcn_field_memo *memo = mark->memo;
    size_t start = mark->n == 0 ? 0 : memo->lines[mark->n - 1].end;
    size_t len = gcn_field_line_len(name, value);

    memo->n = mark->n;
    if (mark->n == GCN_MEMO_FIELDS || len > GCN_MEMO_BYTES - start) {
        return false;
    }
    memo->lines[memo->n++] = (struct gcn_memo_line){
        .name_len = (uint16_t)name.len,
        .value_len = (uint16_t)value.len,
        .start = (uint16_t)start,
        .end = (uint16_t)(start + len),
        .length = length,
    };
    gcn_field_line_write(memo->bytes + start, name, value);
    mark->n++;
    return true;
}
