/* SPDX-License-Identifier: MIT */
/*
 * Reads the literate case files.
 */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcorn/base/parse.h>

#include "../unit/http/http_limits.h"

enum block {
    BLOCK_NONE,
    BLOCK_OTHER,
    BLOCK_SETTINGS,
    BLOCK_HTTP,
    BLOCK_EXPECT,
};

/* Lifetime: one file. */
struct reader {
    const char *path;
    int line;
    int n_cases;
    bool failed;
    enum block block;
    struct wire_case wire; /* the case that is being read; name "" before the first */
    wire_case_fn fn;
    void *context;
};

static void complain(struct reader *reader, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", reader->path, reader->line, what);
    reader->failed = true;
}

static int hex(char byte)
{
    uint64_t value;
    return gcn_parse_hex((struct gcn_slice){&byte, 1}, &value) ? (int)value : -1;
}

/* Append what the escape at `text`, behind the backslash, means. Its length; 0 if unknown. */
static size_t unescape_one(struct gcn_buf *out, struct gcn_slice text)
{
    static const char names[] = "rnt0\\", bytes[] = "\r\n\t\0\\";
    const char *at = text.len == 0 ? NULL : memchr(names, text.ptr[0], sizeof(names) - 1);

    if (at != NULL) {
        gcn_buf_append_byte(out, bytes[at - names]);
        return 1;
    }
    if (text.len < 3 || text.ptr[0] != 'x' || hex(text.ptr[1]) < 0 || hex(text.ptr[2]) < 0) {
        return 0;
    }
    gcn_buf_append_byte(out, (char)(hex(text.ptr[1]) * 16 + hex(text.ptr[2])));
    return 3;
}

static bool unescape(struct gcn_buf *out, struct gcn_slice text);

/* `text` is "{N*piece}…", behind the backslash. The length of the notation; 0 if it is none. */
static size_t unescape_repeat(struct gcn_buf *out, struct gcn_slice text)
{
    struct gcn_slice inner, rest, count, piece;
    int64_t n;

    gcn_slice_skip(&text, "{");
    if (!gcn_slice_cut(text, '}', &inner, &rest) || !gcn_slice_cut(inner, '*', &count, &piece) ||
        !gcn_parse_digits(count, &n)) {
        return 0;
    }
    for (int64_t i = 0; i < n; i++) {
        if (!unescape(out, piece)) {
            return 0;
        }
    }
    return inner.len + 2;
}

static bool unescape(struct gcn_buf *out, struct gcn_slice text)
{
    while (text.len > 0) {
        size_t plain = gcn_slice_index(text, '\\');
        gcn_buf_append(out, text.ptr, plain);
        text = (struct gcn_slice){text.ptr + plain, text.len - plain};
        if (text.len == 0) {
            break;
        }
        struct gcn_slice rest = {text.ptr + 1, text.len - 1};
        size_t used =
            gcn_slice_has_prefix(rest, "{") ? unescape_repeat(out, rest) : unescape_one(out, rest);
        if (used == 0) {
            return false;
        }
        text = (struct gcn_slice){rest.ptr + used, rest.len - used};
    }
    return true;
}

static void add_input(struct reader *reader, struct gcn_slice line)
{
    size_t slashes = 0;

    while (slashes < line.len && line.ptr[line.len - 1 - slashes] == '\\') {
        slashes++;
    }
    bool joined = slashes % 2 == 1;
    line.len -= joined;
    if (!unescape(&reader->wire.input, line)) {
        complain(reader, "unknown escape");
    }
    if (!joined) {
        gcn_buf_append(&reader->wire.input, "\r\n", 2);
    }
}

/* The repetition in an expected line is written out; other escapes are compared as they are. */
static void add_expect(struct reader *reader, struct gcn_slice line)
{
    struct gcn_buf *out = &reader->wire.expect;
    const char *at = line.len == 0 ? NULL : memmem(line.ptr, line.len, "\\{", 2);
    size_t plain = at == NULL ? line.len : (size_t)(at - line.ptr);

    gcn_buf_append(out, line.ptr, plain);
    if (at != NULL) {
        struct gcn_slice rest = {at + 1, line.len - plain - 1};
        size_t used = unescape_repeat(out, rest);
        if (used == 0) {
            complain(reader, "bad repetition");
        }
        gcn_buf_append(out, rest.ptr + used, rest.len - used);
    }
    gcn_buf_append_byte(out, '\n');
}

static bool set_flag(struct gcn_slice value, bool *flag)
{
    *flag = gcn_slice_equal(value, GCN_SLICE("true"));
    return *flag || gcn_slice_equal(value, GCN_SLICE("false"));
}

static bool set_number(struct gcn_slice value, uint32_t *number)
{
    int64_t parsed;
    bool fine = gcn_parse_digits(value, &parsed) && parsed <= UINT32_MAX;
    *number = fine ? (uint32_t)parsed : 0;
    return fine;
}

/* The index of `value` in `words`, or -1. */
static int find_word(struct gcn_slice value, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        if (gcn_slice_equal(value, gcn_slice_of(words[i]))) {
            return i;
        }
    }
    return -1;
}

static bool set_header_map(struct gcn_slice value, struct gcn_http_limits *limits)
{
    static const char *const words[] = {"drop", "refuse", "dangerous"};
    int at = find_word(value, words, 3);
    limits->header_map = (enum gcn_header_map)(at < 0 ? 0 : at);
    return at >= 0;
}

static bool set_proxy_protocol(struct gcn_slice value, struct gcn_http_limits *limits)
{
    static const char *const words[] = {"off", "v1", "v2", "auto"};
    int at = find_word(value, words, 4);
    limits->proxy_protocol = (enum gcn_proxy_protocol)(at < 0 ? 0 : at);
    return at >= 0;
}

/* Only the lists that cases need: none, or everything. */
static bool set_forwarder_headers(struct gcn_slice value, struct gcn_http_limits *limits)
{
    static const char *const any[] = {"*"};
    limits->forwarder_headers = any;
    limits->n_forwarder_headers = value.len;
    return value.len == 0 || gcn_slice_equal(value, GCN_SLICE("*"));
}

static bool set_body_max(struct gcn_slice value, struct gcn_http_limits *limits)
{
    bool fine = gcn_parse_digits(value, &limits->body_max_bytes);
    if (limits->body_max_bytes == 0) {
        limits->body_max_bytes = INT64_MAX;
    }
    return fine;
}

static bool apply_setting(struct wire_case *wire, struct gcn_slice name, struct gcn_slice value)
{
    struct gcn_http_limits *limits = &wire->limits;
    const struct {
        const char *name;
        bool *flag;
        uint32_t *number;
        bool (*set)(struct gcn_slice value, struct gcn_http_limits *limits);
    } rows[] = {
        {"permit_obsolete_folding", &limits->permit_obsolete_folding, NULL, NULL},
        {"strip_header_spaces", &limits->strip_header_spaces, NULL, NULL},
        {"permit_unconventional_http_method", &limits->permit_unconventional_http_method, NULL,
         NULL},
        {"permit_unconventional_http_version", &limits->permit_unconventional_http_version, NULL,
         NULL},
        {"casefold_http_method", &limits->casefold_http_method, NULL, NULL},
        {"limit_request_line", NULL, &limits->request_line_bytes, NULL},
        {"limit_request_fields", NULL, &limits->fields, NULL},
        {"limit_request_field_size", NULL, &limits->field_bytes, NULL},
        {"limit_request_body", NULL, NULL, set_body_max},
        {"header_map", NULL, NULL, set_header_map},
        {"proxy_protocol", NULL, NULL, set_proxy_protocol},
        {"forwarder_headers", NULL, NULL, set_forwarder_headers},
    };
    if (gcn_slice_equal(name, GCN_SLICE("peer"))) {
        wire->trusted = gcn_slice_equal(value, GCN_SLICE("trusted"));
        return wire->trusted || gcn_slice_equal(value, GCN_SLICE("other"));
    }
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (gcn_slice_equal(name, gcn_slice_of(rows[i].name))) {
            return rows[i].flag != NULL     ? set_flag(value, rows[i].flag)
                   : rows[i].number != NULL ? set_number(value, rows[i].number)
                                            : rows[i].set(value, limits);
        }
    }
    return false;
}

static void add_setting(struct reader *reader, struct gcn_slice line)
{
    struct gcn_slice name, value;

    gcn_slice_cut(line, ':', &name, &value);
    if (!apply_setting(&reader->wire, gcn_slice_trim(name), gcn_slice_trim(value))) {
        complain(reader, "unknown setting or value");
    }
}

static void finish_case(struct reader *reader)
{
    struct wire_case *wire = &reader->wire;

    if (wire->name[0] != '\0') {
        if (!wire->has_input || !wire->has_expect) {
            complain(reader, "the case above has no http or no expect block");
        } else if (!reader->failed) {
            reader->fn(reader->context, wire);
            reader->n_cases++;
        }
    }
    gcn_buf_finish(&wire->input);
    gcn_buf_finish(&wire->expect);
    *wire = (struct wire_case){0};
}

static void start_case(struct reader *reader, struct gcn_slice name)
{
    struct wire_case *wire = &reader->wire;

    finish_case(reader);
    snprintf(wire->name, sizeof(wire->name), "%.*s", (int)name.len, name.ptr);
    wire->line = reader->line;
    wire->limits = default_limits();
    gcn_buf_append(&wire->input, "", 0);
    gcn_buf_append(&wire->expect, "", 0);
}

static void start_block(struct reader *reader, struct gcn_slice kind)
{
    reader->block = BLOCK_OTHER;
    if (reader->wire.name[0] == '\0') {
        return;
    }
    if (gcn_slice_equal(kind, GCN_SLICE("http"))) {
        reader->block = BLOCK_HTTP;
        reader->wire.has_input = true;
    } else if (gcn_slice_equal(kind, GCN_SLICE("expect"))) {
        reader->block = BLOCK_EXPECT;
        reader->wire.has_expect = true;
    } else if (gcn_slice_equal(kind, GCN_SLICE("settings"))) {
        reader->block = BLOCK_SETTINGS;
    } else if (!gcn_slice_equal(kind, GCN_SLICE("gunicorn"))) {
        complain(reader, "a block is settings, http, expect or gunicorn");
    }
}

static void read_line(struct reader *reader, struct gcn_slice line)
{
    struct gcn_slice rest = line;

    if (reader->block != BLOCK_NONE && gcn_slice_equal(line, GCN_SLICE("```"))) {
        reader->block = BLOCK_NONE;
        return;
    }
    switch (reader->block) {
    case BLOCK_NONE:
        if (gcn_slice_skip(&rest, "```")) {
            start_block(reader, rest);
        } else if (gcn_slice_skip(&rest, "## ")) {
            start_case(reader, rest);
        }
        break;
    case BLOCK_OTHER:
        break;
    case BLOCK_SETTINGS:
        add_setting(reader, line);
        break;
    case BLOCK_HTTP:
        add_input(reader, line);
        break;
    case BLOCK_EXPECT:
        add_expect(reader, line);
        break;
    }
}

int wire_read(const char *path, wire_case_fn fn, void *context)
{
    struct reader reader = {.path = path, .fn = fn, .context = context};
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        perror(path);
        return -1;
    }
    while ((len = getline(&line, &cap, file)) > 0) {
        reader.line++;
        read_line(&reader, (struct gcn_slice){line, (size_t)len - (line[len - 1] == '\n')});
    }
    if (reader.block != BLOCK_NONE) {
        complain(&reader, "a block is not closed");
    }
    finish_case(&reader);
    free(line);
    fclose(file);
    return reader.failed ? -1 : reader.n_cases;
}
