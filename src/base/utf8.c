/* SPDX-License-Identifier: MIT */
/*
 * UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#include <gcorn/base/utf8.h>

#include <stdbool.h>
#include <stdint.h>

/* What follows from a lead byte: the length, and the range of the second byte (RFC 3629 §4). */
struct lead {
    size_t len;
    unsigned char low, high;
};

static struct lead lead_of(unsigned char byte)
{
    if (byte < 0xc2 || byte > 0xf4) {
        return (struct lead){0, 0, 0};
    }
    if (byte < 0xe0) {
        return (struct lead){2, 0x80, 0xbf};
    }
    if (byte < 0xf0) {
        return (struct lead){3, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf};
    }
    return (struct lead){4, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf};
}

static bool ends_lines_or_controls(const unsigned char *bytes)
{
    if (bytes[0] == 0xc2) {
        return bytes[1] < 0xa0;
    }
    return bytes[0] == 0xe2 && bytes[1] == 0x80 && (bytes[2] == 0xa8 || bytes[2] == 0xa9);
}

size_t gcn_utf8_printable(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;

    if (bytes[0] < 0x80) {
        return bytes[0] >= 0x20 && bytes[0] != 0x7f ? 1 : 0;
    }
    struct lead lead = lead_of(bytes[0]);
    if (lead.len == 0 || lead.len > len || bytes[1] < lead.low || bytes[1] > lead.high) {
        return 0;
    }
    for (size_t i = 2; i < lead.len; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return ends_lines_or_controls(bytes) ? 0 : lead.len;
}
