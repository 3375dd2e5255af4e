/* SPDX-License-Identifier: MIT */
/*
 * Numbers and escaped values.
 */
#include "text.h"

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

static bool is_plain(char byte, enum gcn_escape how)
{
    return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\' &&
           (byte != ' ' || how != GCN_ESCAPE_WORD);
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

/* Writes the escape of what `value`, which is not empty, begins with. Returns the bytes it covers. */
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
    /* The characters that are well-formed and yet not printable: U+0080 to U+009F, U+2028, U+2029. */
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
    while (value.len > 0) {
        size_t plain = 0;
        while (plain < value.len && is_plain(value.ptr[plain], how)) {
            plain++;
        }
        size_t more = 0;
        if (plain < value.len && (unsigned char)value.ptr[plain] >= 0x80) {
            more = gcn_utf8_printable(value.ptr + plain, value.len - plain);
        }
        size_t done = plain + more;
        gcn_text_put(text, value.ptr, done);
        if (done == plain && plain < value.len) {
            struct gcn_slice rest = {value.ptr + plain, value.len - plain};
            done += put_escape(text, rest, how);
        }
        value.ptr += done;
        value.len -= done;
    }
}
