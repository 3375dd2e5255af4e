/* SPDX-License-Identifier: MIT */
/*
 * Notes, one after the other: a header of fixed size, the name, the value.
 */
#include <gcorn/log/notes.h>

#include <stdint.h>
#include <string.h>

struct header {
    uint32_t table;
    uint32_t name_len;
    uint32_t value_len;
};

static void append(struct gcn_buf *notes, struct gcn_slice bytes)
{
    gcn_buf_append(notes, bytes.ptr, bytes.len);
}

void gcn_note_add(struct gcn_buf *notes, enum gcn_access_table table, struct gcn_slice name,
                  struct gcn_slice value)
{
    if (name.len > UINT32_MAX || value.len > UINT32_MAX) {
        return;
    }
    const struct header header = {(uint32_t)table, (uint32_t)name.len, (uint32_t)value.len};

    gcn_buf_append(notes, &header, sizeof(header));
    append(notes, name);
    append(notes, value);
}

struct gcn_slice gcn_note_find(const struct gcn_buf *notes, enum gcn_access_table table,
                               struct gcn_slice name)
{
    struct gcn_slice found = {NULL, 0};
    struct header header;

    for (size_t at = 0; at < notes->len; at += header.name_len + header.value_len) {
        memcpy(&header, notes->ptr + at, sizeof(header));
        at += sizeof(header);
        struct gcn_slice noted = {notes->ptr + at, header.name_len};
        if (header.table == (uint32_t)table && gcn_slice_equal_nocase(noted, name)) {
            found = (struct gcn_slice){noted.ptr + noted.len, header.value_len};
        }
    }
    return found;
}
