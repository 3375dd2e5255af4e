/* SPDX-License-Identifier: MIT */
/*
 * The fields of recent responses, as they were checked and written. An app says nearly the same
 * again and again; a field with the same bytes, in the same place behind the same fields, needs no
 * second look, and all of them are copied to the output in one piece. Compared is what the app
 * says, byte for byte: whether the strings are the same objects plays no part.
 */
#ifndef GCORN_SRC_HTTP_FIELDMEMO_H
#define GCORN_SRC_HTTP_FIELDMEMO_H

#include <string.h>

#include <gcorn/base/compiler.h>
#include <gcorn/http/response.h>

enum { GCN_MEMO_FIELDS = 16, GCN_MEMO_BYTES = 440 };

/* The bytes of the line `name: value`. */
static inline size_t gcn_field_line_len(struct gcn_slice name, struct gcn_slice value)
{
    return name.len + value.len + sizeof(": \r\n") - 1;
}

/* Write the line to `at`, where there is room for it. */
static inline void gcn_field_line_write(char *at, struct gcn_slice name, struct gcn_slice value)
{
    memcpy(at, name.ptr, name.len);
    at += name.len;
    *at++ = ':';
    *at++ = ' ';
    if (value.len > 0) {
        memcpy(at, value.ptr, value.len);
        at += value.len;
    }
    *at++ = '\r';
    *at = '\n';
}

/* One line of a head, and what it means. */
struct gcn_memo_line {
    uint16_t name_len, value_len;
    uint16_t start, end; /* in `bytes` */
    int64_t length;      /* the value of a Content-Length; -1: it is another field */
};

/*
 * Thread: a memo belongs to the thread that begins a mark in it, and the lines of a response wait
 * there until its head is made. So only the thread that runs the response may begin one (it makes
 * no other meanwhile): what the app says on a thread of its own is written at once (res->no_memo).
 */
struct gcn_field_memo {
    uint16_t n;
    struct gcn_memo_line lines[GCN_MEMO_FIELDS];
    char bytes[GCN_MEMO_BYTES];
};

/* Choose the memo for a response whose first field is `name: value`. */
void gcn_field_mark_begin(struct gcn_field_mark *mark, struct gcn_slice name,
                          struct gcn_slice value);

/* The next line of the memo if it is `name: value`, else NULL. The mark stays before it. */
static inline const struct gcn_memo_line *gcn_field_mark_find(const struct gcn_field_mark *mark,
                                                              struct gcn_slice name,
                                                              struct gcn_slice value)
{
    const struct gcn_memo_line *line = &mark->memo->lines[mark->n];

    if (mark->n >= mark->memo->n || line->name_len != name.len || line->value_len != value.len) {
        return NULL;
    }
    const char *bytes = mark->memo->bytes + line->start;
    bool same = memcmp(bytes, name.ptr, name.len) == 0 &&
                (value.len == 0 || memcmp(bytes + name.len + 2, value.ptr, value.len) == 0);
    return same ? line : NULL;
}

/*
 * The next field of the response is `name: value`, which is good. It takes the place of what the
 * memo has there and behind, and the mark passes it. False if it does not fit. `length` as in the
 * line.
 */
GCN_MUST_CHECK bool gcn_field_mark_add(struct gcn_field_mark *mark, struct gcn_slice name,
                                       struct gcn_slice value, int64_t length);

/* The lines that the mark has passed and that were not taken yet; ptr is NULL if there are none. */
static inline struct gcn_slice gcn_field_mark_take(struct gcn_field_mark *mark)
{
    if (mark->n == mark->n_taken) {
        return (struct gcn_slice){NULL, 0};
    }
    const struct gcn_memo_line *lines = mark->memo->lines;
    size_t from = lines[mark->n_taken].start;
    size_t to = lines[mark->n - 1].end;
    mark->n_taken = mark->n;
    return (struct gcn_slice){mark->memo->bytes + from, to - from};
}

#endif
