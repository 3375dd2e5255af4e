/* SPDX-License-Identifier: MIT */
/*
 * Quoting for messages.
 */
#include <gcorn/base/quote.h>

#include <stdio.h>

char *gcn_quote_byte(char *at, char byte)
{
    if ((unsigned char)byte < 0x20 || byte == 0x7f) {
        return at + snprintf(at, sizeof("\\x00"), "\\x%02x", (unsigned char)byte);
    }
    if (byte == '"' || byte == '\\') {
        *at++ = '\\';
    }
    *at++ = byte;
    return at;
}

char *gcn_quote(struct gcn_slice text, char out[GCN_QUOTE_BYTES])
{
    size_t len = text.len;
    char *at = out;

    if (len > GCN_QUOTE_MOST) {
        len = GCN_QUOTE_MOST;
        /* do not cut a UTF-8 sequence */
        while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    *at++ = '"';
    for (size_t i = 0; i < len; i++) {
        at = gcn_quote_byte(at, text.ptr[i]);
    }
    *at++ = '"';
    memcpy(at, "…", sizeof("…"));
    at[len < text.len ? sizeof("…") - 1 : 0] = '\0';
    return out;
}
