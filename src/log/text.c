/* SPDX-License-Identifier: MIT */
/*
 * Numbers and escaped values.
 */
#include "text.h"

#include <endian.h>

#include <gcorn/base/utf8.h>

void gcn_text_put_number(struct gcn_text *text, uint64_t value, int digits)
{
    char out[24];
    char *at = out + sizeof(out);

    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
        digits--;
    } while (value > 0 || digits > 0);
    gcn_text_put(text, at, (size_t)(out + sizeof(out) - at));
}

void gcn_text_put_seconds(struct gcn_text *text, int64_t us)
{
    uint64_t value = us < 0 ? 0 : (uint64_t)us;

    gcn_text_put_number(text, value / 1000000, 1);
    gcn_text_put_byte(text, '.');
    gcn_text_put_number(text, value % 1000000, 6);
}

/* Which bytes stand as they are, for each way of escaping, as bits. */
enum { BARE = 1 << GCN_ESCAPE_BARE, WORD = 1 << GCN_ESCAPE_WORD, QUOTED = 1 << GCN_ESCAPE_QUOTED };

static const uint8_t plain[256] = {
    [' '] = BARE | QUOTED,
    ['!'] = BARE | WORD | QUOTED,
    ['#' ... '['] = BARE | WORD | QUOTED,
    [']' ... '~'] = BARE | WORD | QUOTED,
};

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * The high bit of each byte of `word` that is `byte`; bytes above the lowest such one may be wrong.
 */
static inline uint64_t where_equal(uint64_t word, unsigned char byte)
{
    uint64_t zero = word ^ EACH(byte);
    return (zero - EACH(0x01)) & ~zero & EACH(0x80);
}

/* The same for the bytes that are not plain. */
static inline uint64_t where_special(uint64_t word, enum gcn_escape how)
{
    uint64_t below = how == GCN_ESCAPE_WORD ? EACH(0x21) : EACH(0x20);

    return (word & EACH(0x80)) | ((word - below) & ~word & EACH(0x80)) | where_equal(word, '"') |
           where_equal(word, '\\') | where_equal(word, 0x7f);
}

/* How many bytes of `value` are plain before the first that is not. Eight at a time. */
static size_t plain_span(struct gcn_slice value, enum gcn_escape how)
{
    size_t n = 0;
    uint64_t word;

    for (; value.len - n >= sizeof(word); n += sizeof(word)) {
        memcpy(&word, value.ptr + n, sizeof(word));
        uint64_t special = where_special(le64toh(word), how);
        if (special != 0) {
            return n + (size_t)__builtin_ctzll(special) / 8;
        }
    }
    while (n < value.len && (plain[(unsigned char)value.ptr[n]] & 1 << how) != 0) {
        n++;
    }
    return n;
}

bool gcn_text_is_word(struct gcn_slice value)
{
    return value.len > 0 && plain_span(value, GCN_ESCAPE_WORD) == value.len;
}

static void put_hex(struct gcn_text *text, const char *lead, unsigned value, int digits)
{
    static const char names[] = "0123456789abcdef";
    char out[12];
    size_t used = strlen(lead);

    memcpy(out, lead, used);
    while (digits-- > 0) {
        out[used++] = names[value >> (4 * digits) & 15];
    }
    gcn_text_put(text, out, used);
}

/* The letter of JSON's short escape for `byte`, or 0. */
static char short_escape(char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

/*
 * Writes the escape of what `value`, which is not empty, begins with. Returns the bytes it covers.
 */
static size_t put_json_escape(struct gcn_text *text, struct gcn_slice value)
{
    unsigned char byte = (unsigned char)value.ptr[0];
    char letter = short_escape(value.ptr[0]);

    if (letter != 0) {
        gcn_text_put(text, (char[]){'\\', letter}, 2);
        return 1;
    }
    if (byte < 0x80) {
        put_hex(text, "\\u", byte, 4);
        return 1;
    }
    /*
     * The characters that are well-formed and yet not printable: U+0080 to U+009F, U+2028, U+2029.
     */
    if (byte == 0xc2 && value.len > 1 && ((unsigned char)value.ptr[1] & 0xe0) == 0x80) {
        put_hex(text, "\\u", (unsigned char)value.ptr[1], 4);
        return 2;
    }
    if (value.len > 2 &&
        (memcmp(value.ptr, "\xe2\x80\xa8", 3) == 0 || memcmp(value.ptr, "\xe2\x80\xa9", 3) == 0)) {
        put_hex(text, "\\u", value.ptr[2] == '\xa8' ? 0x2028 : 0x2029, 4);
        return 3;
    }
    put_hex(text, "\\\\x", byte, 2);
    return 1;
}

static size_t put_escape(struct gcn_text *text, struct gcn_slice value, enum gcn_escape how)
{
    char byte = value.ptr[0];

    if (how == GCN_ESCAPE_QUOTED) {
        return put_json_escape(text, value);
    }
    if (byte == '"' || byte == '\\') {
        gcn_text_put(text, (char[]){'\\', byte}, 2);
    } else {
        put_hex(text, "\\x", (unsigned char)byte, 2);
    }
    return 1;
}

void gcn_text_escape(struct gcn_text *text, struct gcn_slice value, enum gcn_escape how)
{
    for (;;) {
        size_t done = plain_span(value, how);
        if (GCN_LIKELY(done == value.len)) {
            gcn_text_put_slice(text, value);
            return;
        }
        size_t more = (unsigned char)value.ptr[done] < 0x80
                          ? 0
                          : gcn_utf8_printable(value.ptr + done, value.len - done);
        gcn_text_put(text, value.ptr, done + more);
        done += more;
        if (more == 0) {
            struct gcn_slice rest = {value.ptr + done, value.len - done};
            done += put_escape(text, rest, how);
        }
        value.ptr += done;
        value.len -= done;
    }
}
