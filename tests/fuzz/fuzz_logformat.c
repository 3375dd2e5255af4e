/* SPDX-License-Identifier: MIT */
/*
 * The access log's formats. The input is a line with a format, and after it the bytes that every
 * value of the request has. Whatever both are: a format is refused or compiled, lines of json and
 * logfmt read back as what was written, and no line has a further end inside unless the format has
 * one.
 */
#include "fuzz.h"

#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

#include "format.h"
#include <harness/strict.h>

enum { MAX_VALUE = 4000, LINE_BYTES = 1 << 20 };

static struct gcn_slice value;

static struct gcn_slice find(const void *context, enum gcn_access_table table,
                             struct gcn_slice name)
{
    (void)context;
    (void)table;
    (void)name;
    return value;
}

static struct gcn_access_record record_of(struct gcn_slice text)
{
    return (struct gcn_access_record){
        .peer = text,
        .method = text,
        .target = text,
        .path = text,
        .query = text,
        .request_id = text,
        .refusal = text,
        .version_major = 1,
        .version_minor = 1,
        .status = 200,
        .body_bytes = INT64_MAX,
        .duration_us = (int64_t)text.len,
        .queue_us = -1,
        .find = find,
    };
}

/* Print with `source`; *line is good until the next call. False if the format is refused. */
static bool print(const char *source, struct gcn_slice *line)
{
    static struct gcn_format format;
    static char bytes[LINE_BYTES];
    struct gcn_error err = {{0}};
    bool good = gcn_format_compile(&format, source, &err);

    if (good) {
        const struct gcn_access_record record = record_of(value);
        struct gcn_text text = {bytes, bytes + LINE_BYTES, false};
        gcn_format_print(&format, &record, &text);
        GCN_ASSERT(text.at <= text.end);
        *line = (struct gcn_slice){bytes, text.full ? 0 : (size_t)(text.at - bytes)};
    } else {
        GCN_ASSERT(err.text[0] != '\0');
    }
    gcn_format_finish(&format);
    return good;
}

static size_t count(struct gcn_slice text, char byte)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += text.ptr[i] == byte;
    }
    return n;
}

static void check_users_format(const char *source)
{
    struct gcn_slice line;

    if (print(source, &line)) {
        GCN_ASSERT(line.len == 0 || count(line, '\n') == 1 + count(gcn_slice_of(source), '\n'));
    }
}

static void check_reads_back(bool json)
{
    static struct strict_member member;
    static char expected[4 * MAX_VALUE];
    struct gcn_slice line;

    GCN_ASSERT(print(json ? "json" : "logfmt", &line));
    GCN_ASSERT(strict_read(json, line, "path", &member) == 18);
    GCN_ASSERT(member.len == strict_expected(value, expected));
    GCN_ASSERT(memcmp(member.value, expected, member.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gcn_slice source, rest;

    gcn_slice_cut((struct gcn_slice){(const char *)data, size}, '\n', &source, &rest);
    rest.len = rest.len < MAX_VALUE ? rest.len : MAX_VALUE;
    /* In memory of its own, so that a read behind its end is seen. */
    char *bytes = gcn_alloc(rest.len);
    if (rest.len > 0) {
        memcpy(bytes, rest.ptr, rest.len);
    }
    value = (struct gcn_slice){bytes, rest.len};
    char *text = gcn_strndup(source.ptr, source.len);
    check_users_format(text);
    check_reads_back(true);
    check_reads_back(false);
    gcn_free(text);
    gcn_free(bytes);
    return 0;
}
