/* SPDX-License-Identifier: MIT */
/*
 * The table of byte classes. Targets take the printable bytes that RFC 3986 leaves out (", <, >, \, ^,
 * `, {, |, }) because browsers send them; blanks, controls and bytes above 0x7e never.
 */
#include "bytes.h"

#define UPPER_ (GCN_BYTE_TOKEN | GCN_BYTE_PLAIN | GCN_BYTE_METHOD | GCN_BYTE_TARGET | GCN_BYTE_VALUE)
#define LOWER_ (GCN_BYTE_TOKEN | GCN_BYTE_PLAIN | GCN_BYTE_TARGET | GCN_BYTE_VALUE)
#define OTHER_ (GCN_BYTE_TARGET | GCN_BYTE_VALUE)
#define DIGIT_ (UPPER_ | GCN_BYTE_HOST | GCN_BYTE_DIGIT | GCN_BYTE_HEX)

const uint8_t gcn_byte_classes[256] = {
    ['\t'] = GCN_BYTE_VALUE,
    [' '] = GCN_BYTE_VALUE,
    ['!'] = UPPER_ | GCN_BYTE_HOST,
    ['"'] = OTHER_,
    ['#'] = LOWER_,
    ['$'] = UPPER_ | GCN_BYTE_HOST,
    ['%'] = UPPER_ | GCN_BYTE_HOST,
    ['&'] = UPPER_ | GCN_BYTE_HOST,
    ['\''] = UPPER_ | GCN_BYTE_HOST,
    ['('] = OTHER_ | GCN_BYTE_HOST,
    [')'] = OTHER_ | GCN_BYTE_HOST,
    ['*'] = UPPER_ | GCN_BYTE_HOST,
    ['+'] = UPPER_ | GCN_BYTE_HOST,
    [','] = OTHER_ | GCN_BYTE_HOST,
    ['-'] = UPPER_ | GCN_BYTE_HOST,
    ['.'] = UPPER_ | GCN_BYTE_HOST,
    ['/'] = OTHER_,
    ['0' ... '9'] = DIGIT_,
    [':'] = OTHER_,
    [';'] = OTHER_ | GCN_BYTE_HOST,
    ['<'] = OTHER_,
    ['='] = OTHER_ | GCN_BYTE_HOST,
    ['>'] = OTHER_,
    ['?'] = OTHER_,
    ['@'] = OTHER_,
    ['A' ... 'F'] = UPPER_ | GCN_BYTE_HOST | GCN_BYTE_HEX,
    ['G' ... 'Z'] = UPPER_ | GCN_BYTE_HOST,
    ['['] = OTHER_,
    ['\\'] = OTHER_,
    [']'] = OTHER_,
    ['^'] = UPPER_,
    ['_'] = GCN_BYTE_TOKEN | GCN_BYTE_METHOD | GCN_BYTE_TARGET | GCN_BYTE_VALUE | GCN_BYTE_HOST,
    ['`'] = UPPER_,
    ['a' ... 'f'] = LOWER_ | GCN_BYTE_HOST | GCN_BYTE_HEX,
    ['g' ... 'z'] = LOWER_ | GCN_BYTE_HOST,
    ['{'] = OTHER_,
    ['|'] = UPPER_,
    ['}'] = OTHER_,
    ['~'] = UPPER_ | GCN_BYTE_HOST,
    [0x80 ... 0xff] = GCN_BYTE_VALUE,
};

#define EACH_(byte) (0x0101010101010101ULL * (byte))

/* Not zero if one of the eight bytes is a control byte (TAB counts here). Exact: a borrow can only
   come from a byte that is itself a hit. */
static uint64_t word_controls(uint64_t word)
{
    uint64_t del = word ^ EACH_(0x7f);
    uint64_t below = (word - EACH_(0x20)) & ~word;
    return (below | ((del - EACH_(1)) & ~del)) & EACH_(0x80);
}

bool gcn_bytes_are_value(struct gcn_slice text)
{
    size_t i = 0;

    for (; i + 8 <= text.len; i += 8) {
        uint64_t word;
        memcpy(&word, text.ptr + i, sizeof(word));
        if (word_controls(word) != 0) {
            break; /* perhaps only a TAB: the table decides */
        }
    }
    struct gcn_slice rest = {text.ptr + i, text.len - i};
    return gcn_bytes_are(rest, GCN_BYTE_VALUE);
}
