/* SPDX-License-Identifier: MIT */
/*
 * Classes of bytes as the HTTP grammar has them, one table lookup each, and a test of whole words
 * for the bytes that no field value may hold.
 */
#ifndef GCORN_SRC_HTTP_BYTES_H
#define GCORN_SRC_HTTP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcorn/base/slice.h>

/* Bits of a byte in gcn_byte_classes. */
enum {
    GCN_BYTE_TOKEN = 1,  /* RFC 9110 §5.6.2 tchar */
    GCN_BYTE_PLAIN = 2,  /* tchar, but for the underscore */
    GCN_BYTE_METHOD = 4, /* tchar that a conventional method has: no lower case, no '#' */
    GCN_BYTE_TARGET = 8, /* visible ASCII */
    GCN_BYTE_HOST = 16,  /* RFC 3986 §3.2.2 reg-name, with the '%' of an escape */
    GCN_BYTE_VALUE = 32, /* anything but control bytes; TAB is fine. RFC 9110 §5.5 */
    GCN_BYTE_DIGIT = 64,
    GCN_BYTE_HEX = 128,
};

extern const uint8_t gcn_byte_classes[256];

/* True if `byte` is in one of `classes`, GCN_BYTE_… or-ed together. */
static inline bool gcn_byte_is(char byte, int classes)
{
    return (gcn_byte_classes[(unsigned char)byte] & classes) != 0;
}

/* The classes that all bytes of `text` share; all bits if it is empty. */
static inline int gcn_bytes_common(struct gcn_slice text)
{
    int common = 0xff;
    for (size_t i = 0; i < text.len; i++) {
        common &= gcn_byte_classes[(unsigned char)text.ptr[i]];
    }
    return common;
}

/* gcn_bytes_are(text, GCN_BYTE_VALUE), eight bytes at a time. */
bool gcn_bytes_are_value(struct gcn_slice text);

/* True if every byte of `text` is of one of `classes`, the same for all; true for an empty text. */
static inline bool gcn_bytes_are(struct gcn_slice text, int classes)
{
    return (gcn_bytes_common(text) & classes) != 0;
}

/* True if `text` is `lower`, a text of lower case letters, digits and hyphens, in any case. What is
   compared holds no control bytes. */
static inline bool gcn_bytes_match(struct gcn_slice text, const char *lower, size_t len)
{
    bool differ = text.len != len;
    for (size_t i = 0; i < len && !differ; i++) {
        differ = (text.ptr[i] | 0x20) != lower[i];
    }
    return !differ;
}

#endif
