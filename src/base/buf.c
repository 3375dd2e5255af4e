/* SPDX-License-Identifier: MIT */
/*
 * The growing buffer. Doubles, so that appending n bytes costs O(n) in all.
 */
#include <gcorn/base/buf.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

void gcn_buf_finish(struct gcn_buf *buf)
{
    gcn_free(buf->ptr);
    *buf = (struct gcn_buf){0};
}

char *gcn_buf_reserve(struct gcn_buf *buf, size_t more)
{
    GCN_ASSERT(more < SIZE_MAX / 4 && buf->len < SIZE_MAX / 4);
    size_t need = buf->len + more + 1;
    if (need > buf->cap) {
        size_t cap = buf->cap < 64 ? 64 : buf->cap * 2;
        buf->cap = cap < need ? need : cap;
        buf->ptr = gcn_realloc(buf->ptr, buf->cap);
    }
    return buf->ptr + buf->len;
}

void gcn_buf_append(struct gcn_buf *buf, const void *bytes, size_t len)
{
    char *at = gcn_buf_reserve(buf, len);
    if (len > 0) {
        memcpy(at, bytes, len);
    }
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void gcn_buf_append_str(struct gcn_buf *buf, const char *text)
{
    gcn_buf_append(buf, text, strlen(text));
}

void gcn_buf_append_byte(struct gcn_buf *buf, char byte)
{
    gcn_buf_append(buf, &byte, 1);
}

void gcn_buf_printf(struct gcn_buf *buf, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    GCN_ASSERT(len >= 0);
    char *at = gcn_buf_reserve(buf, (size_t)len);
    va_start(args, fmt);
    vsnprintf(at, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
}

char *gcn_buf_take(struct gcn_buf *buf)
{
    gcn_buf_append(buf, "", 0);
    char *text = buf->ptr;
    *buf = (struct gcn_buf){0};
    return text;
}
