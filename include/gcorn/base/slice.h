/* SPDX-License-Identifier: MIT */
/*
 * A borrowed run of bytes: dies with the buffer it points into. Not NUL-terminated.
 */
#ifndef GCORN_BASE_SLICE_H
#define GCORN_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct gcn_slice {
    const char *ptr; /* borrowed; may be NULL when len is 0 */
    size_t len;
};

/* A slice of a string literal. */
#define GCN_SLICE(literal) ((struct gcn_slice){(literal), sizeof(literal) - 1})

/* All of a string, which may be NULL. Borrowed from it. */
static inline struct gcn_slice gcn_slice_of(const char *text)
{
    return (struct gcn_slice){text, text == NULL ? 0 : strlen(text)};
}

/* The same bytes; two empty slices are equal wherever they point. */
static inline bool gcn_slice_equal(struct gcn_slice a, struct gcn_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Equal but for the case of ASCII letters; the locale does not matter. */
bool gcn_slice_equal_nocase(struct gcn_slice a, struct gcn_slice b);

/* True if `text` begins with the string `prefix`. */
bool gcn_slice_has_prefix(struct gcn_slice text, const char *prefix);

/* If `text` begins with `prefix`, step over it and return true. */
bool gcn_slice_skip(struct gcn_slice *text, const char *prefix);

/* A blank or a tab: the OWS of RFC 9110 §5.6.3. */
static inline bool gcn_is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* `text` without blanks and tabs at either end. */
struct gcn_slice gcn_slice_trim(struct gcn_slice text);

/* Index of the first `byte` in `text`, or text.len. */
size_t gcn_slice_index(struct gcn_slice text, char byte);

/*
 * Cut `text` at the first `byte`: *head gets what stands before it, *tail what stands behind.
 * Returns false, with *head the whole and *tail empty, if there is none.
 */
bool gcn_slice_cut(struct gcn_slice text, char byte, struct gcn_slice *head,
                   struct gcn_slice *tail);

#endif
