/* SPDX-License-Identifier: MIT */
/*
 * Compiling a format: Python's %-formatting with a mapping, as far as it makes sense for values
 * that are texts or whole numbers, and the named formats.
 */
#include "format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/parse.h>
#include <gcorn/base/slice.h>

#include "shape.h"

/* Every name of a value. A value of one word cannot pass for two where there are no quotes. */
static const struct atom_row {
    const char *name;
    enum gcn_atom atom;
    bool word;
    const char *field; /* REQUEST_FIELD: which */
} atoms[] = {
    {"h", GCN_ATOM_PEER, true, NULL},
    {"l", GCN_ATOM_UNKNOWN, false, NULL},
    {"u", GCN_ATOM_USER, true, NULL},
    {"t", GCN_ATOM_TIME, false, NULL},
    {"r", GCN_ATOM_LINE, false, NULL},
    {"s", GCN_ATOM_STATUS, false, NULL},
    {"m", GCN_ATOM_METHOD, true, NULL},
    {"U", GCN_ATOM_PATH, true, NULL},
    {"q", GCN_ATOM_QUERY, true, NULL},
    {"H", GCN_ATOM_PROTOCOL, false, NULL},
    {"b", GCN_ATOM_BYTES, false, NULL},
    {"B", GCN_ATOM_BYTES, false, NULL},
    {"f", GCN_ATOM_REQUEST_FIELD, false, "referer"},
    {"a", GCN_ATOM_REQUEST_FIELD, false, "user-agent"},
    {"T", GCN_ATOM_SECONDS, false, NULL},
    {"M", GCN_ATOM_MILLIS, false, NULL},
    {"D", GCN_ATOM_MICROS, false, NULL},
    {"L", GCN_ATOM_DECIMAL, false, NULL},
    {"p", GCN_ATOM_PID, false, NULL},
    {"client", GCN_ATOM_CLIENT, true, NULL},
    {"time", GCN_ATOM_ISO_TIME, false, NULL},
    {"path", GCN_ATOM_RAW_PATH, true, NULL},
    {"queue_time", GCN_ATOM_QUEUE, false, NULL},
    {"request_id", GCN_ATOM_REQUEST_ID, true, NULL},
    {"refusal", GCN_ATOM_REFUSAL, true, NULL},
    {"complete", GCN_ATOM_COMPLETE, false, NULL},
    {"worker", GCN_ATOM_WORKER, false, NULL},
};

/* The members of a line of json and logfmt, in order. */
static const struct {
    const char *key;
    enum gcn_atom atom;
    const char *field;
} members[] = {
    {"time", GCN_ATOM_ISO_TIME, NULL},
    {"remote_addr", GCN_ATOM_CLIENT, NULL},
    {"user", GCN_ATOM_USER, NULL},
    {"method", GCN_ATOM_METHOD, NULL},
    {"host", GCN_ATOM_REQUEST_FIELD, "host"},
    {"path", GCN_ATOM_RAW_PATH, NULL},
    {"query", GCN_ATOM_QUERY, NULL},
    {"protocol", GCN_ATOM_PROTOCOL, NULL},
    {"status", GCN_ATOM_STATUS, NULL},
    {"bytes", GCN_ATOM_BYTES, NULL},
    {"duration", GCN_ATOM_DECIMAL, NULL},
    {"queue_time", GCN_ATOM_QUEUE, NULL},
    {"referer", GCN_ATOM_REQUEST_FIELD, "referer"},
    {"user_agent", GCN_ATOM_REQUEST_FIELD, "user-agent"},
    {"request_id", GCN_ATOM_REQUEST_ID, NULL},
    {"refusal", GCN_ATOM_REFUSAL, NULL},
    {"complete", GCN_ATOM_COMPLETE, NULL},
    {"worker", GCN_ATOM_WORKER, NULL},
};

static const char combined[] =
    "%(client)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\"";

enum { MAX_STEPS = 1000 };

/* Lifetime: compiling. */
struct compiler {
    struct gcn_format *format; /* borrowed */
    const char *source;        /* borrowed, the whole of it */
    const char *at;            /* the next byte */
    struct gcn_error *err;     /* borrowed */
    bool quoted;               /* `at` is between double quotes of the format */
};

static struct gcn_slice keep(struct gcn_format *format, struct gcn_slice text)
{
    return (struct gcn_slice){gcn_arena_strndup(&format->arena, text.ptr, text.len), text.len};
}

static struct gcn_step *add_step(struct gcn_format *format, enum gcn_atom atom,
                                 enum gcn_frame frame)
{
    struct gcn_step *step = &format->steps[format->n_steps++];

    *step = (struct gcn_step){.atom = atom, .frame = frame, .conversion = 's', .precision = -1};
    return step;
}

/* A literal; joined with the one before it. */
static void add_literal(struct gcn_format *format, struct gcn_slice text)
{
    size_t n = format->n_steps;

    if (n == 0 || format->steps[n - 1].atom != GCN_ATOM_LITERAL) {
        add_step(format, GCN_ATOM_LITERAL, GCN_FRAME_BARE)->text = keep(format, text);
        return;
    }
    struct gcn_slice first = format->steps[n - 1].text;
    char *both = gcn_arena_alloc(&format->arena, first.len + text.len + 1);
    memcpy(both, first.ptr, first.len);
    memcpy(both + first.len, text.ptr, text.len);
    format->steps[n - 1].text = (struct gcn_slice){both, first.len + text.len};
}

GCN_PRINTF(2, 3)
static bool fail(struct compiler *c, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    gcn_error_set(c->err, "access_log_format: %s at column %d of %s", text,
                  (int)(c->at - c->source) + 1, c->source);
    return false;
}

/* c->at is behind "%(": the name up to its closing parenthesis; names may contain pairs of them. */
static bool read_name(struct compiler *c, struct gcn_slice *name)
{
    int depth = 1;
    const char *at = c->at;

    for (; *at != '\0'; at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (depth == 0) {
            *name = (struct gcn_slice){c->at, (size_t)(at - c->at)};
            c->at = at + 1;
            return true;
        }
    }
    return fail(c, "%%( without )");
}

static bool read_number(struct compiler *c, int *out)
{
    size_t digits = strspn(c->at, "0123456789");
    int64_t value = 0;

    if (digits > 0 &&
        (!gcn_parse_digits((struct gcn_slice){c->at, digits}, &value) || value > GCN_SHAPE_MAX)) {
        return fail(c, "a width or precision above %d", GCN_SHAPE_MAX);
    }
    *out = (int)value;
    c->at += digits;
    return true;
}

/* Flags, width, precision, a length modifier that means nothing, and the conversion. */
static bool read_conversion(struct compiler *c, struct gcn_step *step)
{
    static const char flags[] = "-0+ #";
    const char *flag;

    while (*c->at != '\0' && (flag = strchr(flags, *c->at)) != NULL) {
        step->flags |= (uint8_t)(1 << (flag - flags));
        c->at++;
    }
    if (!read_number(c, &step->width)) {
        return false;
    }
    if (*c->at == '.') {
        c->at++;
        if (!read_number(c, &step->precision)) {
            return false;
        }
    }
    if (*c->at != '\0' && strchr("hlL", *c->at) != NULL) {
        c->at++;
    }
    step->conversion = *c->at;
    if (step->conversion == '\0') {
        return fail(c, "a value without a conversion (write %%(name)s)");
    }
    c->at++;
    return true;
}

static bool check_conversion(struct compiler *c, const struct gcn_step *step, struct gcn_slice name)
{
    if (step->conversion == 's' || step->conversion == '%' || step->atom == GCN_ATOM_UNKNOWN) {
        return true;
    }
    if (!gcn_atom_is_number(step->atom)) {
        return fail(c, "conversion %%%c of \"%.*s\", which is text (write %%(%.*s)s)",
                    step->conversion, (int)name.len, name.ptr, (int)name.len, name.ptr);
    }
    if (strchr("diuxXoeEfFgG", step->conversion) == NULL) {
        return fail(c, "unknown conversion %%%c of \"%.*s\" (write %%(%.*s)s)", step->conversion,
                    (int)name.len, name.ptr, (int)name.len, name.ptr);
    }
    return true;
}

/* "{Referer}i": a name in a table. True if it is of that form. */
static bool resolve_table(struct gcn_format *format, struct gcn_slice name, struct gcn_step *step)
{
    static const struct {
        char letter;
        enum gcn_atom atom;
    } tables[] = {
        {'i', GCN_ATOM_REQUEST_FIELD},
        {'o', GCN_ATOM_RESPONSE_FIELD},
        {'e', GCN_ATOM_ENVIRON},
    };

    if (name.len < 3 || name.ptr[0] != '{' || name.ptr[name.len - 2] != '}') {
        return false;
    }
    for (size_t i = 0; i < GCN_COUNT(tables); i++) {
        if (name.ptr[name.len - 1] == tables[i].letter) {
            step->atom = tables[i].atom;
            step->text = keep(format, (struct gcn_slice){name.ptr + 1, name.len - 3});
        }
    }
    return true;
}

static void resolve(struct compiler *c, struct gcn_slice name, struct gcn_step *step)
{
    if (resolve_table(c->format, name, step)) {
        return;
    }
    for (size_t i = 0; i < GCN_COUNT(atoms); i++) {
        const struct atom_row *row = &atoms[i];
        if (gcn_slice_equal(name, gcn_slice_of(row->name))) {
            step->atom = row->atom;
            step->text = gcn_slice_of(row->field);
            step->frame = row->word && !c->quoted ? GCN_FRAME_WORD : step->frame;
            return;
        }
    }
}

static bool compile_value(struct compiler *c)
{
    struct gcn_slice name = {NULL, 0};
    enum gcn_frame frame = c->quoted ? GCN_FRAME_QUOTED : GCN_FRAME_BARE;

    if (c->at[1] != '(') {
        return fail(c, "%% without a name (write %%(name)s, or %%%% for a percent sign)");
    }
    c->at += 2;
    if (!read_name(c, &name)) {
        return false;
    }
    struct gcn_step *step = add_step(c->format, GCN_ATOM_UNKNOWN, frame);
    resolve(c, name, step);
    if (!read_conversion(c, step) || !check_conversion(c, step, name)) {
        return false;
    }
    if (step->conversion == '%') {
        step->atom = GCN_ATOM_LITERAL;
        step->text = GCN_SLICE("%");
    } else if (step->atom == GCN_ATOM_UNKNOWN) {
        step->conversion = 's';
    }
    step->is_shaped = step->conversion == 's' && (step->width > 0 || step->precision >= 0);
    return true;
}

static void compile_literal(struct compiler *c)
{
    size_t len = strcspn(c->at, "%");

    for (size_t i = 0; i < len; i++) {
        c->quoted = c->quoted != (c->at[i] == '"');
    }
    add_literal(c->format, (struct gcn_slice){c->at, len});
    c->at += len;
}

static bool compile_source(struct compiler *c)
{
    while (*c->at != '\0') {
        if (c->format->n_steps + 1 >= MAX_STEPS) {
            return fail(c, "more than %d parts", MAX_STEPS);
        }
        if (c->at[0] == '%' && c->at[1] == '%') {
            add_literal(c->format, GCN_SLICE("%"));
            c->at += 2;
        } else if (c->at[0] == '%') {
            if (!compile_value(c)) {
                return false;
            }
        } else {
            compile_literal(c);
        }
    }
    return true;
}

/* `before`, the key, `between`, and the value; what follows the last one is the caller's. */
static void add_members(struct gcn_format *format, enum gcn_frame frame)
{
    bool json = frame == GCN_FRAME_JSON;

    for (size_t i = 0; i < GCN_COUNT(members); i++) {
        const char *before = json ? i == 0 ? "{\"" : ",\"" : i == 0 ? "" : " ";
        add_literal(format, gcn_slice_of(before));
        add_literal(format, gcn_slice_of(members[i].key));
        add_literal(format, json ? GCN_SLICE("\":") : GCN_SLICE("="));
        add_step(format, members[i].atom, frame)->text = gcn_slice_of(members[i].field);
    }
    if (json) {
        add_literal(format, GCN_SLICE("}"));
    }
}

bool gcn_format_compile(struct gcn_format *format, const char *source, struct gcn_error *err)
{
    struct compiler c = {.format = format, .source = source, .at = source, .err = err};

    *format = (struct gcn_format){.pid = (int)getpid()};
    format->steps = gcn_arena_alloc(&format->arena, MAX_STEPS * sizeof(*format->steps));
    if (strcmp(source, "json") == 0) {
        add_members(format, GCN_FRAME_JSON);
    } else if (strcmp(source, "logfmt") == 0) {
        add_members(format, GCN_FRAME_LOGFMT);
    } else {
        c.at = c.source = strcmp(source, "combined") == 0 ? combined : source;
        if (!compile_source(&c)) {
            return false;
        }
    }
    add_literal(format, GCN_SLICE("\n"));
    return true;
}

void gcn_format_finish(struct gcn_format *format)
{
    gcn_arena_finish(&format->arena);
    *format = (struct gcn_format){0};
}
