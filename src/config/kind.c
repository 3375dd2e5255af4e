/* SPDX-License-Identifier: MIT */
/*
 * The kinds as a table: accept, print, and what people call them.
 */
#include "kind.h"

#include <inttypes.h>

#include <gcorn/base/compiler.h>

typedef void (*print_fn)(const struct gcn_setting *row, const void *member, struct gcn_buf *out);

static void print_bool(const struct gcn_setting *row GCN_UNUSED, const void *member,
                       struct gcn_buf *out)
{
    gcn_buf_append_str(out, *(const bool *)member ? "True" : "False");
}

static void print_int(const struct gcn_setting *row GCN_UNUSED, const void *member,
                      struct gcn_buf *out)
{
    gcn_buf_printf(out, "%" PRId64, *(const int64_t *)member);
}

static void print_millis(const struct gcn_setting *row GCN_UNUSED, const void *member,
                         struct gcn_buf *out)
{
    int64_t millis = *(const int64_t *)member;

    gcn_buf_printf(out, "%" PRId64, millis / 1000);
    if (millis % 1000 != 0) {
        gcn_buf_printf(out, ".%03d", (int)(millis % 1000));
    }
}

static void print_size(const struct gcn_setting *row GCN_UNUSED, const void *member,
                       struct gcn_buf *out)
{
    static const char units[] = {'\0', 'K', 'M', 'G'};
    int64_t bytes = *(const int64_t *)member;
    size_t unit = 0;

    while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < sizeof(units)) {
        bytes /= 1024;
        unit++;
    }
    gcn_buf_printf(out, "%" PRId64, bytes);
    if (units[unit] != '\0') {
        gcn_buf_append_byte(out, units[unit]);
    }
}

static void print_mode(const struct gcn_setting *row GCN_UNUSED, const void *member,
                       struct gcn_buf *out)
{
    int64_t mode = *(const int64_t *)member;

    gcn_buf_printf(out, mode == 0 ? "%" PRIo64 : "0o%" PRIo64, mode);
}

static void print_enum(const struct gcn_setting *row, const void *member, struct gcn_buf *out)
{
    struct gcn_slice list = gcn_slice_of(row->choices), word = {NULL, 0};

    for (int i = *(const int *)member; i >= 0; i--) {
        gcn_word_take(&list, &word);
    }
    gcn_buf_append(out, word.ptr, word.len);
}

/* One line, whatever the text has. */
static void print_line(const char *text, struct gcn_buf *out)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            gcn_buf_printf(out, "\\x%02x", (unsigned char)*text);
        } else {
            gcn_buf_append_byte(out, *text);
        }
    }
}

static void print_string(const struct gcn_setting *row GCN_UNUSED, const void *member,
                         struct gcn_buf *out)
{
    const char *text = *(const char *const *)member;

    print_line(text == NULL ? "None" : text, out);
}

/* A text as Python's repr would quote it, near enough to be pasted. */
static void print_quoted(const char *text, struct gcn_buf *out)
{
    gcn_buf_append_byte(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            gcn_buf_append_byte(out, '\\');
        }
        print_line((char[]){*text, '\0'}, out);
    }
    gcn_buf_append_byte(out, '\'');
}

static void print_strings(const struct gcn_setting *row GCN_UNUSED, const void *member,
                          struct gcn_buf *out)
{
    const struct gcn_strings *strings = member;

    gcn_buf_append_byte(out, '[');
    for (size_t i = 0; i < strings->n; i++) {
        gcn_buf_append_str(out, i > 0 ? ", " : "");
        print_quoted(strings->items[i], out);
    }
    gcn_buf_append_byte(out, ']');
}

static void print_dict(const struct gcn_setting *row GCN_UNUSED, const void *member,
                       struct gcn_buf *out)
{
    const struct gcn_pairs *pairs = member;

    gcn_buf_append_byte(out, '{');
    for (size_t i = 0; i < pairs->n; i++) {
        gcn_buf_append_str(out, i > 0 ? ", " : "");
        print_quoted(pairs->items[i].key, out);
        gcn_buf_append_str(out, ": ");
        print_quoted(pairs->items[i].value, out);
    }
    gcn_buf_append_byte(out, '}');
}

static void print_pyref(const struct gcn_setting *row, const void *member, struct gcn_buf *out)
{
    const struct gcn_pyref *ref = member;

    if (ref->text != NULL) {
        print_line(ref->text, out);
    } else {
        gcn_buf_append_str(out, row->kind == GCN_KIND_TREE ? "{}" : "None");
    }
}

static const struct {
    gcn_kind_accept_fn accept;
    print_fn print;
    const char *metavar;
    const char *phrase;
} kinds[] = {
    [GCN_KIND_BOOL] = {gcn_accept_bool, print_bool, "", "true or false"},
    [GCN_KIND_INT] = {gcn_accept_int, print_int, "INT", "whole number"},
    [GCN_KIND_SECONDS] = {gcn_accept_int, print_int, "SECONDS", "seconds"},
    [GCN_KIND_MILLIS] = {gcn_accept_millis, print_millis, "SECONDS", "seconds, also 0.5"},
    [GCN_KIND_SIZE] = {gcn_accept_size, print_size, "SIZE", "bytes, also 64K, 10M, 1G"},
    [GCN_KIND_MODE] = {gcn_accept_int, print_mode, "MODE", "permission bits"},
    [GCN_KIND_USER] = {gcn_accept_user, print_int, "USER", "user"},
    [GCN_KIND_GROUP] = {gcn_accept_group, print_int, "GROUP", "group"},
    [GCN_KIND_ENUM] = {gcn_accept_enum, print_enum, "WORD", "one of"},
    [GCN_KIND_STRING] = {gcn_accept_string, print_string, "TEXT", "text"},
    [GCN_KIND_PATH] = {gcn_accept_path, print_string, "PATH", "path"},
    [GCN_KIND_DIR] = {gcn_accept_dir, print_string, "DIR", "existing directory"},
    [GCN_KIND_LIST] = {gcn_accept_list, print_strings, "TEXT", "list of texts"},
    [GCN_KIND_CSV] = {gcn_accept_csv, print_strings, "WORDS", "words, separated by commas"},
    [GCN_KIND_ADDRS] = {gcn_accept_addrs, print_strings, "ADDRESSES",
                        "addresses and networks, separated by commas"},
    [GCN_KIND_DICT] = {gcn_accept_dict, print_dict, "MAP", "map of texts to texts"},
    [GCN_KIND_TREE] = {gcn_accept_tree, print_pyref, "MAP", "map"},
    [GCN_KIND_HOOK] = {gcn_accept_hook, print_pyref, "NAME", "Python function, or module:name"},
    [GCN_KIND_CLASS] = {gcn_accept_class, print_pyref, "NAME", "name or Python class"},
    [GCN_KIND_ANY] = {gcn_accept_any, print_string, "VALUE", "anything"},
};

bool gcn_kind_accept(struct gcn_intake *in, const struct gcn_value *value, void *member)
{
    in->malformed = false;
    return kinds[in->row->kind].accept(in, value, member);
}

void gcn_kind_print(const struct gcn_setting *row, const void *member, struct gcn_buf *out)
{
    gcn_buf_append_str(out, ""); /* text, even if it is empty */
    kinds[row->kind].print(row, member, out);
}

const char *gcn_kind_metavar(const struct gcn_setting *row)
{
    return row->metavar != NULL ? row->metavar : kinds[row->kind].metavar;
}

const char *gcn_kind_phrase(const struct gcn_setting *row)
{
    return kinds[row->kind].phrase;
}
