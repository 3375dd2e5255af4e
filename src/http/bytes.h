/* SPDX-License-Identifier: MIT */
/*
 * What a byte may be part of, as one table look-up. RFC 9110 §5.6.2 (token), §5.5 (field value).
 */
#ifndef GCORN_HTTP_BYTES_H
#define GCORN_HTTP_BYTES_H

#include <stdbool.h>

#include <gcorn/base/slice.h>

enum gcn_byte_class {
    GCN_BYTE_TOKEN = 1, /* tchar */
    GCN_BYTE_VALUE = 2, /* VCHAR, obs-text, blank and tab */
    GCN_BYTE_TARGET = 4, /* printable ASCII without blank, '"', '<', '>', '#' … : RFC 3986 */
};

extern const unsigned char gcn_byte_classes[256];

/* True if every byte of `text` is of `byte_class`. True for an empty text. */
static inline bool gcn_bytes_are(struct gcn_slice text, enum gcn_byte_class byte_class)
{
    unsigned all = (unsigned)byte_class;
    for (size_t i = 0; i < text.len; i++) {
        all &= gcn_byte_classes[(unsigned char)text.ptr[i]];
    }
    return all != 0;
}

#endif
