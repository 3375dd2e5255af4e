/* SPDX-License-Identifier: MIT */
/*
 * Rewrites heads that only a relaxed setting lets pass, or that llhttp does not take although they
 * are good, so that llhttp and the rules see a proper one. Off the common path: nothing is copied
 * unless the head needs it.
 */
#include "head_private.h"

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

/* Step over `text`'s first line and return it with its CRLF; `text` holds complete lines. */
static struct gcn_slice take_line(struct gcn_slice *text)
{
    size_t len = gcn_slice_index(*text, '\n') + 1;
    GCN_ASSERT(len <= text->len);
    struct gcn_slice line = {text->ptr, len};

    text->ptr += len;
    text->len -= len;
    return line;
}

/* Length of the blanks that end `line` before position `end`. */
static size_t blanks_before(struct gcn_slice line, size_t end)
{
    size_t n = 0;
    while (n < end && gcn_is_blank(line.ptr[end - n - 1])) {
        n++;
    }
    return n;
}

static bool needs_rewrite(struct gcn_slice text, const struct gcn_http_limits *limits)
{
    struct gcn_slice line = take_line(&text); /* the request line */

    if (limits->casefold_http_method && limits->permit_unconventional_http_method) {
        return true;
    }
    for (line = take_line(&text); line.len > 2; line = take_line(&text)) {
        size_t colon = gcn_slice_index(line, ':');
        if ((limits->permit_obsolete_folding && gcn_is_blank(line.ptr[0])) ||
            (limits->strip_header_spaces && colon < line.len && blanks_before(line, colon) > 0)) {
            return true;
        }
    }
    return false;
}

/* The method in upper case at the beginning of `out`, which holds the request line. */
static void raise_method(char *out, size_t len)
{
    for (size_t i = 0; i < len && out[i] != ' '; i++) {
        if (out[i] >= 'a' && out[i] <= 'z') {
            out[i] = (char)(out[i] - ('a' - 'A'));
        }
    }
}

/* Join a folded line to the field that ends at out[at - 2]: one blank between. RFC 9112 §5.2. */
static size_t append_folded(char *out, size_t at, struct gcn_slice line)
{
    struct gcn_slice more = gcn_slice_trim((struct gcn_slice){line.ptr, line.len - 2});

    at -= 2;
    at -= blanks_before((struct gcn_slice){out, at}, at);
    if (more.len > 0) {
        out[at++] = ' ';
        memcpy(out + at, more.ptr, more.len);
        at += more.len;
    }
    memcpy(out + at, "\r\n", 2);
    return at + 2;
}

static size_t append_field(char *out, size_t at, struct gcn_slice line, bool strip)
{
    size_t colon = gcn_slice_index(line, ':');
    size_t gap = strip && colon < line.len ? blanks_before(line, colon) : 0;

    /* A name of blanks only stays, to be refused. */
    size_t name = gap == colon ? colon : colon - gap;
    memcpy(out + at, line.ptr, name);
    memcpy(out + at + name, line.ptr + colon, line.len - colon);
    return at + name + line.len - colon;
}

void gcn_head_rewrite(struct gcn_head *head, const struct gcn_http_limits *limits)
{
    struct gcn_slice text = head->raw;

    if (!limits->permit_obsolete_folding && !limits->strip_header_spaces &&
        !limits->casefold_http_method) {
        return;
    }
    if (!needs_rewrite(text, limits)) {
        return;
    }
    /* Every line gets shorter or stays: a folded one gives up its CRLF for a blank. */
    char *out = gcn_alloc(text.len);
    struct gcn_slice line = take_line(&text);
    memcpy(out, line.ptr, line.len);
    if (limits->casefold_http_method && limits->permit_unconventional_http_method) {
        raise_method(out, line.len);
    }
    size_t fields = line.len;
    size_t at = fields;
    while (text.len > 0) {
        line = take_line(&text);
        bool folded = limits->permit_obsolete_folding && gcn_is_blank(line.ptr[0]) && at > fields;
        at = folded ? append_folded(out, at, line)
                    : append_field(out, at, line, limits->strip_header_spaces);
    }
    head->folded = out;
    head->folded_len = at;
}

/* The field `line` without what stands around its value; a line without a colon as it is. */
static size_t append_trimmed(char *out, size_t at, struct gcn_slice line)
{
    size_t name = gcn_slice_index(line, ':') + 1;

    if (name > line.len) {
        memcpy(out + at, line.ptr, line.len);
        return at + line.len;
    }
    struct gcn_slice value =
        gcn_slice_trim((struct gcn_slice){line.ptr + name, line.len - name - 2});
    memcpy(out + at, line.ptr, name);
    memcpy(out + at + name, value.ptr, value.len);
    memcpy(out + at + name + value.len, "\r\n", 2);
    return at + name + value.len + 2;
}

char *gcn_head_trim(struct gcn_slice text, size_t *len)
{
    char *out = gcn_alloc(text.len);
    struct gcn_slice line = take_line(&text); /* the request line */

    memcpy(out, line.ptr, line.len);
    *len = line.len;
    while (text.len > 0) {
        *len = append_trimmed(out, *len, take_line(&text));
    }
    return out;
}
