/* SPDX-License-Identifier: MIT */
/*
 * printf's work, for formats that a user gave: the compiler cannot check those, so the C library is
 * not asked to read them.
 */
#include "shape.h"

#include <stdio.h>

static bool begins_char(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t count_chars(const char *bytes, const char *end)
{
    size_t n = 0;
    for (; bytes < end; bytes++) {
        n += begins_char(*bytes);
    }
    return n;
}

static void cut(struct gcn_text *text, char *start, size_t chars)
{
    char *at = start;

    while (at < text->at && (chars > 0 || !begins_char(*at))) {
        chars -= begins_char(*at);
        at++;
    }
    text->at = at;
}

/*
 * Fill up to the step's width: with blanks, or with zeros (if `zeros`) behind the first `lead`
 * bytes.
 */
static void pad(struct gcn_text *text, char *start, const struct gcn_step *step, size_t lead,
                bool zeros)
{
    size_t len = (size_t)(text->at - start);
    size_t chars = count_chars(start, text->at);
    size_t fill = (size_t)step->width > chars ? (size_t)step->width - chars : 0;

    if ((size_t)(text->end - text->at) < fill) {
        text->full = true;
        return;
    }
    if (step->flags & GCN_STEP_LEFT) {
        memset(text->at, ' ', fill);
    } else {
        size_t kept = zeros ? lead : 0;
        memmove(start + kept + fill, start + kept, len - kept);
        memset(start + kept, zeros ? '0' : ' ', fill);
    }
    text->at += fill;
}

void gcn_shape_text(struct gcn_text *text, char *start, const struct gcn_step *step)
{
    if (step->precision >= 0) {
        cut(text, start, (size_t)step->precision);
    }
    pad(text, start, step, 0, false);
}

static void put_real(struct gcn_text *text, uint64_t value, const struct gcn_step *step)
{
    char out[GCN_SHAPE_MAX + 64];
    double real = (double)value;
    int precision = step->precision < 0 ? 6 : step->precision;
    int len;

    switch (step->conversion) {
    case 'e':
        len = snprintf(out, sizeof(out), "%.*e", precision, real);
        break;
    case 'E':
        len = snprintf(out, sizeof(out), "%.*E", precision, real);
        break;
    case 'g':
        len = snprintf(out, sizeof(out), "%.*g", precision, real);
        break;
    case 'G':
        len = snprintf(out, sizeof(out), "%.*G", precision, real);
        break;
    default:
        len = snprintf(out, sizeof(out), "%.*f", precision, real);
        break;
    }
    gcn_text_put(text, out, (size_t)len);
}

static unsigned base_of(char conversion)
{
    switch (conversion) {
    case 'x':
    case 'X':
        return 16;
    case 'o':
        return 8;
    case 'd':
    case 'i':
    case 'u':
        return 10;
    default:
        return 0;
    }
}

/* At least `digits` of them. */
static void put_based(struct gcn_text *text, uint64_t value, char conversion, int digits)
{
    const char *names = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = base_of(conversion);
    char out[GCN_SHAPE_MAX + 64];
    char *at = out + sizeof(out);

    do {
        *--at = names[value % base];
        value /= base;
        digits--;
    } while (value > 0 || digits > 0);
    gcn_text_put(text, at, (size_t)(out + sizeof(out) - at));
}

void gcn_shape_number(struct gcn_text *text, uint64_t value, const struct gcn_step *step)
{
    char *start = text->at;
    unsigned base = base_of(step->conversion);

    if (step->flags & GCN_STEP_PLUS) {
        gcn_text_put_byte(text, '+');
    } else if (step->flags & GCN_STEP_BLANK) {
        gcn_text_put_byte(text, ' ');
    }
    if ((step->flags & GCN_STEP_ALT) && (base == 8 || base == 16)) {
        gcn_text_put(text, (char[]){'0', step->conversion}, 2);
    }
    size_t lead = (size_t)(text->at - start);
    if (base == 0) {
        put_real(text, value, step);
    } else {
        put_based(text, value, step->conversion, step->precision);
    }
    pad(text, start, step, lead, (step->flags & GCN_STEP_ZERO) != 0);
}
