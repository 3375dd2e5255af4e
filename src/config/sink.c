/* SPDX-License-Identifier: MIT */
/*
 * The values of a Python config file, as its reader puts them. Names that are no settings are
 * ignored: a config file is a program, with imports and helpers.
 */
#include "file.h"

#include <stdarg.h>
#include <stdio.h>

#include <gcorn/proc/exitcode.h>

/* Lifetime: one call of the reader. */
struct gcn_config_sink {
    struct gcn_draft *draft;
    const char *shown;
};

static struct gcn_place place_of(struct gcn_config_sink *sink, int line)
{
    const char *text =
        line == 0 ? sink->shown : gcn_draft_format(sink->draft, "%s:%d", sink->shown, line);

    return (struct gcn_place){GCN_LAYER_FILE, GCN_DIALECT_PYTHON, text};
}

static void put(struct gcn_config_sink *sink, const char *name, int line,
                const struct gcn_value *value)
{
    const struct gcn_setting *row = gcn_setting_find(gcn_slice_of(name));

    if (row != NULL && row->id != GCN_SETTING_config) {
        struct gcn_place place = place_of(sink, line);
        gcn_draft_set(sink->draft, row, value, &place);
    }
}

void gcn_config_put_none(struct gcn_config_sink *sink, const char *name, int line)
{
    put(sink, name, line, &(struct gcn_value){.type = GCN_VALUE_NONE});
}

void gcn_config_put_bool(struct gcn_config_sink *sink, const char *name, int line, bool value)
{
    put(sink, name, line, &(struct gcn_value){.type = GCN_VALUE_BOOL, .number = value});
}

void gcn_config_put_int(struct gcn_config_sink *sink, const char *name, int line, int64_t value)
{
    put(sink, name, line, &(struct gcn_value){.type = GCN_VALUE_INT, .number = value});
}

void gcn_config_put_text(struct gcn_config_sink *sink, const char *name, int line, const char *text)
{
    struct gcn_value value = gcn_value_of_text(gcn_slice_of(text));

    put(sink, name, line, &value);
}

/* Room for `n` text values and the list of pointers to them. */
static struct gcn_value *create_texts(struct gcn_config_sink *sink, size_t n,
                                      const struct gcn_value ***items)
{
    struct gcn_arena *arena = &sink->draft->settings->arena;
    struct gcn_value *values = gcn_arena_alloc(arena, (n + 1) * sizeof(*values));

    *items = gcn_arena_alloc(arena, (n + 1) * sizeof(**items));
    for (size_t i = 0; i < n; i++) {
        (*items)[i] = &values[i];
    }
    return values;
}

void gcn_config_put_list(struct gcn_config_sink *sink, const char *name, int line,
                         const struct gcn_strings *items)
{
    const struct gcn_value **list;
    struct gcn_value *values = create_texts(sink, items->n, &list);

    for (size_t i = 0; i < items->n; i++) {
        values[i] = gcn_value_of_text(gcn_slice_of(items->items[i]));
    }
    put(sink, name, line,
        &(struct gcn_value){.type = GCN_VALUE_LIST, .items = list, .n = items->n});
}

void gcn_config_put_dict(struct gcn_config_sink *sink, const char *name, int line,
                         const struct gcn_pairs *pairs)
{
    const struct gcn_value **list;
    struct gcn_value *values = create_texts(sink, 2 * pairs->n, &list);

    for (size_t i = 0; i < pairs->n; i++) {
        values[2 * i] = gcn_value_of_text(gcn_slice_of(pairs->items[i].key));
        values[2 * i + 1] = gcn_value_of_text(gcn_slice_of(pairs->items[i].value));
    }
    put(sink, name, line,
        &(struct gcn_value){.type = GCN_VALUE_DICT, .items = list, .n = 2 * pairs->n});
}

void gcn_config_put_object(struct gcn_config_sink *sink, const char *name, int line,
                           const char *shown, void *object)
{
    put(sink, name, line,
        &(struct gcn_value){
            .type = GCN_VALUE_OBJECT, .text = gcn_slice_of(shown), .object = object});
}

void gcn_config_put_error(struct gcn_config_sink *sink, const char *name, int line, const char *fmt,
                          ...)
{
    struct gcn_place place = place_of(sink, line);
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    gcn_draft_error(sink->draft, GCN_EXIT_ERROR, &place, "%s: %s", name, text);
}

void gcn_file_apply_python(struct gcn_draft *draft, const struct gcn_config_source *source)
{
    const struct gcn_config_reader *reader = draft->request->reader;
    struct gcn_config_sink sink = {draft, source->shown};
    struct gcn_load_failure failure = {0};

    if (reader == NULL) {
        struct gcn_place place = place_of(&sink, 0);
        gcn_draft_error(draft, GCN_EXIT_ERROR, &place, "Python files cannot be read here");
        return;
    }
    if (!reader->read(reader->context, source, &sink, &failure)) {
        gcn_buf_append_str(&draft->errors, draft->errors.len > 0 ? "\n" : "");
        gcn_buf_append(&draft->errors, failure.text.ptr, failure.text.len);
        draft->exit_code = failure.exit_code;
    }
    gcn_load_failure_finish(&failure);
}
