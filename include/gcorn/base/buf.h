/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer that owns its memory, for text made at boot and in cold paths. There is
 * always a NUL behind the last byte once something was appended.
 */
#ifndef GCORN_BASE_BUF_H
#define GCORN_BASE_BUF_H

#include <stddef.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>

/* Any lifetime; {0} is an empty buffer. */
struct gcn_buf {
    char *ptr; /* owned */
    size_t len;
    size_t cap;
};

/* Free the memory; the buffer is empty and usable afterwards. */
void gcn_buf_finish(struct gcn_buf *buf);

/* Room for `more` further bytes; returns where they go. The caller adds to buf->len. */
char *gcn_buf_reserve(struct gcn_buf *buf, size_t more);

/*
 * Put a copy of bytes, of a string, of one byte or of a formatted text at the end; dies without
 * memory.
 */
void gcn_buf_append(struct gcn_buf *buf, const void *bytes, size_t len);
void gcn_buf_append_str(struct gcn_buf *buf, const char *text);
void gcn_buf_append_byte(struct gcn_buf *buf, char byte);
GCN_PRINTF(2, 3) void gcn_buf_printf(struct gcn_buf *buf, const char *fmt, ...);

/* The text as a string that belongs to the caller (gcn_free); the buffer is empty afterwards. */
char *gcn_buf_take(struct gcn_buf *buf);

/* What is in the buffer, borrowed until it changes. */
static inline struct gcn_slice gcn_buf_slice(const struct gcn_buf *buf)
{
    return (struct gcn_slice){buf->ptr, buf->len};
}

#endif
