/* SPDX-License-Identifier: MIT */
/*
 * The table of byte classes. Targets take the printable bytes that RFC 3986 leaves out (", <, >, \,
 * ^, `, {, |, }) because browsers send them; blanks, controls and bytes above 0x7e never.
 */
#include "bytes.h"

#include <gcorn/base/compiler.h>

#define UPPER_ \
    (GCN_BYTE_TOKEN | GCN_BYTE_PLAIN | GCN_BYTE_METHOD | GCN_BYTE_TARGET | GCN_BYTE_VALUE)
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

/*
 * A word whose bytes have their highest bit set wherever `word` may have a control byte (TAB among
 * them), and at bytes above ASCII. It misses none: a borrow comes only from a byte that is itself a
 * hit.
 */
static uint64_t suspects(uint64_t word)
{
    return word | (word - EACH_(0x20)) | ((word ^ EACH_(0x7f)) - EACH_(1));
}

static uint64_t load_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

bool gcn_bytes_are_value(struct gcn_slice text)
{
    uint64_t hits = 0;

    if (text.len < sizeof(uint64_t)) {
        return gcn_bytes_are(text, GCN_BYTE_VALUE);
    }
    for (size_t i = 0; i + sizeof(uint64_t) <= text.len; i += sizeof(uint64_t)) {
        hits |= suspects(load_word(text.ptr + i));
    }
    hits |= suspects(load_word(text.ptr + text.len - sizeof(uint64_t)));
    /* Perhaps only a TAB or a letter that is not ASCII: the table decides. */
    return GCN_LIKELY((hits & EACH_(0x80)) == 0) || gcn_bytes_are(text, GCN_BYTE_VALUE);
}
