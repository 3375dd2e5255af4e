/* SPDX-License-Identifier: MIT */
/*
 * Writing a line into memory of a fixed size, and the escaping that keeps it one line with the
 * fields that it was meant to have, whatever the values are.
 */
#ifndef GCORN_LOG_TEXT_H
#define GCORN_LOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>

/* Lifetime: a line. What does not fit sets `full`, and the line has to be made again elsewhere. */
struct gcn_text {
    char *at;  /* borrowed: the next byte */
    char *end; /* behind the last one */
    bool full;
};

enum gcn_escape {
    GCN_ESCAPE_BARE,   /* outside quotes */
    GCN_ESCAPE_WORD,   /* outside quotes, and one word: blanks are escaped too */
    GCN_ESCAPE_QUOTED, /* between double quotes: as in JSON (RFC 8259 §7) */
};

/* Append bytes, one byte or a slice as they are, or set `full` and append nothing. */
static inline void gcn_text_put(struct gcn_text *text, const char *bytes, size_t len)
{
    if (GCN_UNLIKELY((size_t)(text->end - text->at) < len)) {
        text->full = true;
        return;
    }
    memcpy(text->at, bytes, len);
    text->at += len;
}

static inline void gcn_text_put_byte(struct gcn_text *text, char byte)
{
    gcn_text_put(text, &byte, 1);
}

static inline void gcn_text_put_slice(struct gcn_text *text, struct gcn_slice slice)
{
    if (slice.len > 0) {
        gcn_text_put(text, slice.ptr, slice.len);
    }
}

/* `value` in decimal, with zeros before it up to `digits` digits. */
void gcn_text_put_number(struct gcn_text *text, uint64_t value, int digits);

/* `us` microseconds (negative counts as 0) as seconds with six decimals: "0.001234". */
void gcn_text_put_seconds(struct gcn_text *text, int64_t us);

/*
 * True if `value` is one word that needs no escape: logfmt can have it without quotes, but for '='.
 */
bool gcn_text_is_word(struct gcn_slice value);

/*
 * `value` escaped: '"' and '\' by a backslash; controls, ends of lines and terminal controls of
 * Unicode, and bytes that are not UTF-8 by their number. Between quotes that is JSON, in which a
 * byte that is not UTF-8 stands as the four characters \xNN (Python's "backslashreplace").
 */
void gcn_text_escape(struct gcn_text *text, struct gcn_slice value, enum gcn_escape how);

#endif
