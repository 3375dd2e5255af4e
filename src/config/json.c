/* SPDX-License-Identifier: MIT */
/*
 * JSON out of YAML. The reader has bounded depth and weight, so recursion is safe.
 */
#include "json.h"

#include <ctype.h>
#include <inttypes.h>

#include <gcorn/base/compiler.h>

#include "number.h"

static void append_text(struct gcn_slice text, struct gcn_buf *out)
{
    gcn_buf_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte == '"' || byte == '\\') {
            gcn_buf_printf(out, "\\%c", byte);
        } else if (byte < 0x20) {
            gcn_buf_printf(out, "\\u%04x", byte);
        } else {
            gcn_buf_append_byte(out, (char)byte);
        }
    }
    gcn_buf_append_byte(out, '"');
}

static size_t take_digits(struct gcn_slice *text)
{
    size_t n = 0;

    while (text->len > 0 && isdigit((unsigned char)text->ptr[0])) {
        text->ptr++;
        text->len--;
        n++;
    }
    return n;
}

/* A number as RFC 8259 §6 writes it. */
static bool is_json_number(struct gcn_slice text)
{
    gcn_slice_skip(&text, "-");
    bool zero = gcn_slice_has_prefix(text, "0");
    size_t whole = take_digits(&text);
    if (whole == 0 || (zero && whole > 1)) {
        return false;
    }
    if (gcn_slice_skip(&text, ".") && take_digits(&text) == 0) {
        return false;
    }
    if (gcn_slice_skip(&text, "e") || gcn_slice_skip(&text, "E")) {
        if (!gcn_slice_skip(&text, "+")) {
            gcn_slice_skip(&text, "-");
        }
        return take_digits(&text) > 0 && text.len == 0;
    }
    return text.len == 0;
}

static void append_scalar(const struct gcn_value *value, struct gcn_buf *out)
{
    int64_t number;
    bool truth;

    if (!value->plain) {
        append_text(value->text, out);
    } else if (gcn_value_is_none(value)) {
        gcn_buf_append_str(out, "null");
    } else if (gcn_truth_parse(GCN_DIALECT_YAML, value->text, &truth)) {
        gcn_buf_append_str(out, truth ? "true" : "false");
    } else if (is_json_number(value->text)) {
        gcn_buf_append(out, value->text.ptr, value->text.len);
    } else if (gcn_number_parse(value->text, GCN_NUMBER_ANY_BASE, &number)) {
        gcn_buf_printf(out, "%" PRId64, number); /* 0x1f, 0o17, +1 */
    } else {
        append_text(value->text, out);
    }
}

static bool append_list(const struct gcn_value *value, struct gcn_buf *out,
                        struct gcn_error *expected)
{
    gcn_buf_append_byte(out, '[');
    for (size_t i = 0; i < value->n; i++) {
        gcn_buf_append_str(out, i > 0 ? ", " : "");
        if (!gcn_json_append(value->items[i], out, expected)) {
            return false;
        }
    }
    gcn_buf_append_byte(out, ']');
    return true;
}

static bool append_map(const struct gcn_value *value, struct gcn_buf *out,
                       struct gcn_error *expected)
{
    gcn_buf_append_byte(out, '{');
    for (size_t i = 0; i + 1 < value->n; i += 2) {
        if (value->items[i]->type != GCN_VALUE_TEXT) {
            return gcn_error_set(expected, "text for each key of a map");
        }
        gcn_buf_append_str(out, i > 0 ? ", " : "");
        append_text(value->items[i]->text, out);
        gcn_buf_append_str(out, ": ");
        if (!gcn_json_append(value->items[i + 1], out, expected)) {
            return false;
        }
    }
    gcn_buf_append_byte(out, '}');
    return true;
}

bool gcn_json_append(const struct gcn_value *value, struct gcn_buf *out, struct gcn_error *expected)
{
    switch (value->type) {
    case GCN_VALUE_TEXT:
        append_scalar(value, out);
        return true;
    case GCN_VALUE_LIST:
        return append_list(value, out, expected);
    case GCN_VALUE_DICT:
        return append_map(value, out, expected);
    default:
        return gcn_error_set(expected, "texts, lists and maps");
    }
}
