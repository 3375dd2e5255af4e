/* SPDX-License-Identifier: MIT */
/*
 * Percent escapes and base64, for the log.
 */
#include "decode.h"

#include <gcorn/base/parse.h>

static const struct gcn_slice unknown = {NULL, 0};

/* The byte that the three bytes at `text` stand for, or -1. */
static int escaped_byte(const char *text)
{
    int high = text[0] == '%' ? gcn_hex_digit(text[1]) : -1;
    int low = high < 0 ? -1 : gcn_hex_digit(text[2]);
    return low < 0 ? -1 : high << 4 | low;
}

struct gcn_slice gcn_decode_path(struct gcn_slice path, char *scratch)
{
    size_t used = 0;

    if (gcn_slice_index(path, '%') == path.len) {
        return path;
    }
    for (size_t i = 0; i < path.len && used < GCN_DECODE_BYTES; i++) {
        int byte = path.len - i < 3 ? -1 : escaped_byte(path.ptr + i);
        scratch[used++] = byte < 0 ? path.ptr[i] : (char)byte;
        i += byte < 0 ? 0 : 2;
    }
    return (struct gcn_slice){scratch, used};
}

static int base64_value(char byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = memchr(digits, byte, sizeof(digits) - 1);
    return at == NULL ? -1 : (int)(at - digits);
}

/* The bytes of `text` (RFC 4648 §4), as many as fit, at `scratch`; unknown if it is not base64. */
static struct gcn_slice decode_base64(struct gcn_slice text, char *scratch)
{
    unsigned bits = 0;
    int n_bits = 0;
    size_t used = 0;

    while (text.len > 0 && text.ptr[text.len - 1] == '=') {
        text.len--;
    }
    for (size_t i = 0; i < text.len && used < GCN_DECODE_BYTES; i++) {
        int value = base64_value(text.ptr[i]);
        if (value < 0) {
            return unknown;
        }
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            scratch[used++] = (char)(bits >> n_bits & 0xff);
        }
    }
    return (struct gcn_slice){scratch, used};
}

struct gcn_slice gcn_decode_user(struct gcn_slice authorization, char *scratch)
{
    struct gcn_slice scheme, rest, user, password;

    gcn_slice_cut(authorization, ' ', &scheme, &rest);
    if (!gcn_slice_equal_nocase(scheme, GCN_SLICE("basic"))) {
        return unknown;
    }
    gcn_slice_cut(decode_base64(gcn_slice_trim(rest), scratch), ':', &user, &password);
    return user.len == 0 ? unknown : user;
}
