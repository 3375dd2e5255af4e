/* SPDX-License-Identifier: MIT */
/*
 * Values as messages show them.
 */
#include "value.h"

#include <inttypes.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/quote.h>

static bool is_white(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct gcn_slice gcn_text_strip(struct gcn_slice text)
{
    while (text.len > 0 && is_white(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_white(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool gcn_value_is_none(const struct gcn_value *value)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    if (value->type == GCN_VALUE_TEXT && value->plain) {
        for (size_t i = 0; i < GCN_COUNT(words); i++) {
            if (gcn_slice_equal(value->text, gcn_slice_of(words[i]))) {
                return true;
            }
        }
    }
    return value->type == GCN_VALUE_NONE;
}

bool gcn_truth_parse(enum gcn_dialect dialect, struct gcn_slice text, bool *truth)
{
    static const struct {
        const char *word;
        bool truth;
        bool only_yaml;
    } words[] = {
        {"true", true, false}, {"false", false, false}, {"yes", true, true},
        {"no", false, true},   {"on", true, true},      {"off", false, true},
    };

    text = gcn_text_strip(text);
    for (size_t i = 0; i < GCN_COUNT(words); i++) {
        if (gcn_slice_equal_nocase(text, gcn_slice_of(words[i].word))) {
            *truth = words[i].truth;
            return !words[i].only_yaml || dialect == GCN_DIALECT_YAML;
        }
    }
    return false;
}

void gcn_text_show(struct gcn_slice text, struct gcn_buf *out)
{
    char room[GCN_QUOTE_BYTES];

    gcn_buf_append_str(out, gcn_quote(text, room));
}

void gcn_value_show(const struct gcn_value *value, struct gcn_buf *out)
{
    switch (value->type) {
    case GCN_VALUE_NONE:
        gcn_buf_append_str(out, "None");
        return;
    case GCN_VALUE_BOOL:
        gcn_buf_append_str(out, value->number ? "True" : "False");
        return;
    case GCN_VALUE_INT:
        gcn_buf_printf(out, "%" PRId64, value->number);
        return;
    case GCN_VALUE_TEXT:
        gcn_text_show(value->text, out);
        return;
    case GCN_VALUE_LIST:
        gcn_buf_append_str(out, value->n == 0 ? "an empty list" : "a list");
        return;
    case GCN_VALUE_DICT:
        gcn_buf_append_str(out, value->n == 0 ? "an empty map" : "a map");
        return;
    case GCN_VALUE_OBJECT:
        gcn_buf_append(out, value->text.ptr, value->text.len);
        return;
    }
}
