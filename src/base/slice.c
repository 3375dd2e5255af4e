/* SPDX-License-Identifier: MIT */
/*
 * Comparing and cutting borrowed bytes.
 */
#include <gcorn/base/slice.h>

static unsigned char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : (unsigned char)byte;
}

bool gcn_slice_equal_nocase(struct gcn_slice a, struct gcn_slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool gcn_slice_has_prefix(struct gcn_slice text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && (len == 0 || memcmp(text.ptr, prefix, len) == 0);
}

bool gcn_slice_skip(struct gcn_slice *text, const char *prefix)
{
    if (!gcn_slice_has_prefix(*text, prefix)) {
        return false;
    }
    size_t len = strlen(prefix);
    if (len > 0) {
        text->ptr += len;
        text->len -= len;
    }
    return true;
}

struct gcn_slice gcn_slice_trim(struct gcn_slice text)
{
    while (text.len > 0 && gcn_is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && gcn_is_blank(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

size_t gcn_slice_index(struct gcn_slice text, char byte)
{
    const char *at = text.len == 0 ? NULL : memchr(text.ptr, byte, text.len);
    return at == NULL ? text.len : (size_t)(at - text.ptr);
}

bool gcn_slice_cut(struct gcn_slice text, char byte, struct gcn_slice *head,
                   struct gcn_slice *tail)
{
    size_t at = gcn_slice_index(text, byte);
    bool found = at < text.len;

    *head = (struct gcn_slice){text.ptr, at};
    *tail = found ? (struct gcn_slice){text.ptr + at + 1, text.len - at - 1}
                  : (struct gcn_slice){NULL, 0};
    return found;
}
