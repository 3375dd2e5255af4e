/* SPDX-License-Identifier: MIT */
/*
 * Numbers, strictly.
 */
#include "number.h"

#include <gcorn/base/parse.h>

#include "value.h"

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'z' ? byte - 'a' + 10 : 99;
}

/*
 * Digits of `base`, single underscores between them; `sign` is 1 or -1. *huge: *out does not hold
 * it.
 */
static bool parse_digits(struct gcn_slice text, int base, int sign, int64_t *out, bool *huge)
{
    int64_t value = 0;
    bool after_digit = false;

    *huge = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '_' && after_digit) {
            after_digit = false;
            continue;
        }
        int digit = digit_of(text.ptr[i]);
        if (digit >= base) {
            return false;
        }
        *huge = *huge || __builtin_mul_overflow(value, base, &value) ||
                __builtin_add_overflow(value, sign * digit, &value);
        after_digit = true;
    }
    *out = value;
    return after_digit;
}

/* Step over the prefix of a base, if there is one that `form` knows. */
static int take_base(struct gcn_slice *text, enum gcn_number_form form)
{
    static const struct {
        char letter;
        int base;
    } bases[] = {{'x', 16}, {'o', 8}, {'b', 2}};

    if (form == GCN_NUMBER_DECIMAL || text->len < 2 || text->ptr[0] != '0') {
        return 10;
    }
    for (size_t i = 0; i < GCN_COUNT(bases); i++) {
        if ((text->ptr[1] | 0x20) == bases[i].letter) {
            text->ptr += 2;
            text->len -= 2;
            gcn_slice_skip(text, "_"); /* Python allows 0x_1f */
            return bases[i].base;
        }
    }
    return form == GCN_NUMBER_OCTAL ? 8 : 10;
}

/* int(text, 0) refuses 017, which is octal to some and 17 to others, but takes 00. */
static bool is_ambiguous(struct gcn_slice text, enum gcn_number_form form, int base)
{
    if (form != GCN_NUMBER_ANY_BASE || base != 10 || text.len < 2 || text.ptr[0] != '0') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '0' && text.ptr[i] != '_') {
            return true;
        }
    }
    return false;
}

static bool parse(struct gcn_slice text, enum gcn_number_form form, int64_t *out, bool *huge)
{
    text = gcn_text_strip(text);
    int sign = gcn_slice_skip(&text, "-") ? -1 : 1;
    if (sign == 1) {
        gcn_slice_skip(&text, "+");
    }
    struct gcn_slice digits = text;
    int base = take_base(&digits, form);
    if (is_ambiguous(text, form, base)) {
        return false;
    }
    return parse_digits(digits, base, sign, out, huge);
}

bool gcn_number_parse(struct gcn_slice text, enum gcn_number_form form, int64_t *out)
{
    bool huge;

    return parse(text, form, out, &huge) && !huge;
}

bool gcn_number_is_huge(struct gcn_slice text, enum gcn_number_form form)
{
    int64_t ignored;
    bool huge;

    return parse(text, form, &ignored, &huge) && huge;
}

bool gcn_size_parse(struct gcn_slice text, int64_t *out)
{
    static const struct {
        char letter;
        int64_t factor;
    } units[] = {{'k', 1LL << 10}, {'m', 1LL << 20}, {'g', 1LL << 30}};

    text = gcn_text_strip(text);
    for (size_t i = 0; text.len > 1 && i < GCN_COUNT(units); i++) {
        if ((text.ptr[text.len - 1] | 0x20) == units[i].letter) {
            text.len--;
            return gcn_number_parse(text, GCN_NUMBER_DECIMAL, out) &&
                   !__builtin_mul_overflow(*out, units[i].factor, out);
        }
    }
    return gcn_number_parse(text, GCN_NUMBER_ANY_BASE, out);
}

bool gcn_millis_parse(struct gcn_slice text, int64_t *out)
{
    struct gcn_slice whole, part;
    int64_t seconds = 0, fraction = 0;

    text = gcn_text_strip(text);
    bool has_point = gcn_slice_cut(text, '.', &whole, &part);
    if (whole.len == 0 && part.len == 0) {
        return false;
    }
    if ((whole.len > 0 && !gcn_parse_digits(whole, &seconds)) || part.len > 3 ||
        (has_point && part.len > 0 && !gcn_parse_digits(part, &fraction))) {
        return false;
    }
    for (size_t i = part.len; i < 3; i++) {
        fraction *= 10;
    }
    return !__builtin_mul_overflow(seconds, 1000, out) &&
           !__builtin_add_overflow(*out, fraction, out);
}
