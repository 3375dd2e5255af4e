/* SPDX-License-Identifier: MIT */
/*
 * Strict readers of JSON objects and logfmt lines, written from their specifications and not from
 * the writer: what the log writes must pass them whatever the values are. Flat objects only.
 */
#ifndef GCORN_TESTS_HARNESS_STRICT_H
#define GCORN_TESTS_HARNESS_STRICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <gcorn/base/slice.h>

/* One member: its value with the escapes resolved. */
struct strict_member {
    struct gcn_slice key;
    char value[70000];
    size_t len;
    bool quoted; /* a string; else a number, true, false, null, or a bare word of logfmt */
};

/* Where the reader stands. */
struct strict_reader {
    const char *at, *end;
};

static inline bool strict_take(struct strict_reader *r, char byte)
{
    if (r->at < r->end && *r->at == byte) {
        r->at++;
        return true;
    }
    return false;
}

/* RFC 3629 on its own terms: decode, and compare with the shortest encoding. */
static inline bool strict_utf8(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned char lead = (unsigned char)bytes[i];
        size_t n = lead < 0x80       ? 1
                   : lead >> 5 == 6  ? 2
                   : lead >> 4 == 14 ? 3
                   : lead >> 3 == 30 ? 4
                                     : 0;
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (n == 0 || n > len - i) {
            return false;
        }
        uint32_t code = n == 1 ? lead : lead & (0xffu >> (n + 1));
        for (size_t k = 1; k < n; k++) {
            if (((unsigned char)bytes[i + k] & 0xc0) != 0x80) {
                return false;
            }
            code = code << 6 | ((unsigned char)bytes[i + k] & 0x3f);
        }
        if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            return false;
        }
        i += n;
    }
    return true;
}

static inline void strict_add(struct strict_member *m, uint32_t code)
{
    unsigned char out[3];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;

    if (n == 1) {
        out[0] = (unsigned char)code;
    } else if (n == 2) {
        out[0] = (unsigned char)(0xc0 | code >> 6);
        out[1] = (unsigned char)(0x80 | (code & 0x3f));
    } else {
        out[0] = (unsigned char)(0xe0 | code >> 12);
        out[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (unsigned char)(0x80 | (code & 0x3f));
    }
    for (size_t i = 0; i < n && m->len < sizeof(m->value); i++) {
        m->value[m->len++] = (char)out[i];
    }
}

static inline bool strict_escape(struct strict_reader *r, struct strict_member *m)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    unsigned code = 0;

    if (r->at == r->end) {
        return false;
    }
    const char *letter = *r->at == '\0' ? NULL : strchr(letters, *r->at);
    if (letter != NULL) {
        strict_add(m, (unsigned char)meanings[letter - letters]);
        r->at++;
        return true;
    }
    if (*r->at != 'u' || r->end - r->at < 5) {
        return false;
    }
    for (int i = 1; i <= 4; i++) {
        const char *digit = strchr("0123456789abcdef", r->at[i]);
        if (digit == NULL || r->at[i] == '\0') {
            return false;
        }
        code = code << 4 | (unsigned)(digit - strchr("0123456789abcdef", '0'));
    }
    r->at += 5;
    strict_add(m, code);
    return true;
}

/* RFC 8259 §7, behind the opening quote. */
static inline bool strict_string(struct strict_reader *r, struct strict_member *m)
{
    m->quoted = true;
    while (r->at < r->end) {
        unsigned char byte = (unsigned char)*r->at++;
        if (byte == '"') {
            return true;
        }
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
        if (byte == '\\') {
            if (!strict_escape(r, m)) {
                return false;
            }
        } else if (m->len < sizeof(m->value)) {
            m->value[m->len++] = (char)byte;
        }
    }
    return false;
}

/* Everything up to one of `ends`, which stays. */
static inline bool strict_bare(struct strict_reader *r, struct strict_member *m, const char *ends)
{
    while (r->at < r->end && strchr(ends, *r->at) == NULL) {
        unsigned char byte = (unsigned char)*r->at++;
        if (byte <= 0x20 || byte >= 0x7f || byte == '"' || byte == '=' || byte == '\\' ||
            m->len == sizeof(m->value)) {
            return false;
        }
        m->value[m->len++] = (char)byte;
    }
    return m->len > 0;
}

static inline bool strict_key(struct strict_reader *r, struct strict_member *m, char behind)
{
    const char *start = r->at;

    while (r->at < r->end && (*r->at == '_' || (*r->at >= 'a' && *r->at <= 'z'))) {
        r->at++;
    }
    m->key = (struct gcn_slice){start, (size_t)(r->at - start)};
    return m->key.len > 0 && strict_take(r, behind);
}

static inline bool strict_json_member(struct strict_reader *r, struct strict_member *m)
{
    m->len = 0;
    m->quoted = false;
    if (!strict_take(r, '"') || !strict_key(r, m, '"') || !strict_take(r, ':')) {
        return false;
    }
    if (strict_take(r, '"')) {
        return strict_string(r, m);
    }
    if (!strict_bare(r, m, ",}")) {
        return false;
    }
    struct gcn_slice word = {m->value, m->len};
    return gcn_slice_equal(word, GCN_SLICE("null")) || gcn_slice_equal(word, GCN_SLICE("true")) ||
           gcn_slice_equal(word, GCN_SLICE("false")) || strspn(m->value, "0123456789.") >= m->len;
}

static inline bool strict_logfmt_member(struct strict_reader *r, struct strict_member *m)
{
    m->len = 0;
    m->quoted = false;
    if (!strict_key(r, m, '=')) {
        return false;
    }
    return strict_take(r, '"') ? strict_string(r, m) : strict_bare(r, m, " \n");
}

/*
 * Read `line` (with its '\n', the only one) as an object or as logfmt. True if it is well-formed
 * UTF-8 and well-formed as such. The member called `key` is left in *out, if there is one; NULL:
 * none. Returns the number of members, or -1.
 */
static inline int strict_read(bool json, struct gcn_slice line, const char *key,
                              struct strict_member *out)
{
    static struct strict_member member;
    struct strict_reader r = {line.ptr, line.ptr + line.len};
    int n = 0;

    if (!strict_utf8(line.ptr, line.len) || (json && !strict_take(&r, '{'))) {
        return -1;
    }
    do {
        if (!(json ? strict_json_member(&r, &member) : strict_logfmt_member(&r, &member))) {
            return -1;
        }
        if (key != NULL && gcn_slice_equal(member.key, gcn_slice_of(key))) {
            memcpy(out, &member, sizeof(member));
        }
        n++;
    } while (strict_take(&r, json ? ',' : ' '));
    if (json && !strict_take(&r, '}')) {
        return -1;
    }
    return strict_take(&r, '\n') && r.at == r.end ? n : -1;
}

/* What `value` is when it was written and read: bytes that are not UTF-8 stand as \xNN. */
static inline size_t strict_expected(struct gcn_slice value, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < value.len;) {
        size_t n = 1;
        while (n <= 4 && n <= value.len - i && !strict_utf8(value.ptr + i, n)) {
            n++;
        }
        if (n <= 4 && n <= value.len - i) {
            memcpy(out + used, value.ptr + i, n);
            used += n;
            i += n;
        } else {
            used += (size_t)sprintf(out + used, "\\x%02x", (unsigned char)value.ptr[i]);
            i++;
        }
    }
    return used;
}

#endif
