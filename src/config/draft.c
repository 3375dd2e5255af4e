/* SPDX-License-Identifier: MIT */
/*
 * Values in, one generation or a list of errors out.
 */
#include "draft.h"

#include <stdarg.h>
#include <stdio.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>
#include <gcorn/proc/exitcode.h>

#include "kind.h"

enum { SENTENCE_BYTES = 1024 };

const char *gcn_layer_name(enum gcn_layer layer)
{
    static const char *const names[] = {
        [GCN_LAYER_DEFAULT] = "default",
        [GCN_LAYER_FILE] = "config file",
        [GCN_LAYER_ENV] = "environment",
        [GCN_LAYER_CMDLINE] = "command line",
    };
    return names[layer];
}

void gcn_draft_init(struct gcn_draft *draft, const struct gcn_load_request *request)
{
    *draft = (struct gcn_draft){.request = request};
    draft->settings = gcn_alloc_zero(1, sizeof(*draft->settings));
}

void gcn_draft_finish(struct gcn_draft *draft)
{
    gcn_settings_destroy(draft->settings);
    gcn_buf_finish(&draft->errors);
    gcn_free(draft->notices);
    *draft = (struct gcn_draft){0};
}

struct gcn_settings *gcn_draft_take(struct gcn_draft *draft)
{
    struct gcn_settings *settings = draft->settings;
    size_t bytes = draft->n_notices * sizeof(struct gcn_notice);

    GCN_ASSERT(draft->exit_code == 0);
    if (bytes > 0) {
        struct gcn_notice *notices = gcn_arena_alloc(&settings->arena, bytes);
        memcpy(notices, draft->notices, bytes);
        settings->notices = notices;
        settings->n_notices = draft->n_notices;
    }
    draft->settings = NULL;
    return settings;
}

void *gcn_draft_member(struct gcn_draft *draft, const struct gcn_setting *row)
{
    return (char *)draft->settings + row->offset;
}

const char *gcn_draft_copy(struct gcn_draft *draft, struct gcn_slice text)
{
    return gcn_arena_strndup(&draft->settings->arena, text.ptr, text.len);
}

const char *gcn_draft_format(struct gcn_draft *draft, const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    GCN_ASSERT(len >= 0);
    char *text = gcn_arena_alloc(&draft->settings->arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}

/*
 * Append `text` as one line: control bytes of names and values cannot reach a terminal or forge
 * one.
 */
static void append_line(struct gcn_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            gcn_buf_printf(out, "\\x%02x", (unsigned char)*text);
        } else {
            gcn_buf_append_byte(out, *text);
        }
    }
}

void gcn_draft_error(struct gcn_draft *draft, int code, const struct gcn_place *place,
                     const char *fmt, ...)
{
    char text[SENTENCE_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    gcn_buf_append_str(&draft->errors, draft->errors.len > 0 ? "\n" : "");
    gcn_buf_append_str(&draft->errors, gcn_layer_name(place->layer));
    if (place->text != NULL) {
        gcn_buf_append_str(&draft->errors, ", ");
        append_line(&draft->errors, place->text);
    }
    gcn_buf_append_str(&draft->errors, ": ");
    append_line(&draft->errors, text);
    if (draft->exit_code == 0 || code == GCN_EXIT_USAGE) {
        draft->exit_code = code;
    }
}

void gcn_draft_notice(struct gcn_draft *draft, enum gcn_log_level level, const char *fmt, ...)
{
    struct gcn_buf line = {0};
    char text[SENTENCE_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    append_line(&line, text);
    draft->notices = gcn_realloc(draft->notices, (draft->n_notices + 1) * sizeof(*draft->notices));
    draft->notices[draft->n_notices++] =
        (struct gcn_notice){level, gcn_draft_copy(draft, gcn_buf_slice(&line))};
    gcn_buf_finish(&line);
}

/* A number that is none is a usage error where gunicorn's option parser converts it. */
static int code_of(const struct gcn_intake *in, const struct gcn_place *place)
{
    bool converted = !(in->row->traits & GCN_TRAIT_ANY_BASE) && place->layer >= GCN_LAYER_ENV;

    return in->malformed && converted ? GCN_EXIT_USAGE : GCN_EXIT_ERROR;
}

static void report_wrong(struct gcn_draft *draft, const struct gcn_intake *in,
                         const struct gcn_value *value, const struct gcn_place *place)
{
    struct gcn_buf shown = {0};

    if (in->wrong->text[0] != '\0') {
        gcn_draft_error(draft, GCN_EXIT_ERROR, place, "%s: %s", in->row->name, in->wrong->text);
        return;
    }
    if (in->item.ptr != NULL) {
        gcn_text_show(in->item, &shown);
    } else {
        gcn_value_show(value, &shown);
    }
    gcn_draft_error(draft, code_of(in, place), place, "%s: %s: expected %s", in->row->name,
                    shown.ptr, in->expected->text);
    gcn_buf_finish(&shown);
}

static void report_notice(struct gcn_draft *draft, const struct gcn_intake *in,
                          const struct gcn_value *value, const struct gcn_place *place)
{
    struct gcn_buf shown = {0};

    gcn_value_show(value, &shown);
    gcn_draft_notice(draft, GCN_LOG_WARN, "%s: %s: %s %s", place->text, in->row->name, shown.ptr,
                     in->notice->text);
    gcn_buf_finish(&shown);
}

void gcn_draft_set(struct gcn_draft *draft, const struct gcn_setting *row,
                   const struct gcn_value *value, const struct gcn_place *place)
{
    struct gcn_error expected = {{0}}, wrong = {{0}}, notice = {{0}};
    struct gcn_intake in = {
        .row = row,
        .dialect = place->dialect,
        .arena = &draft->settings->arena,
        .start_dir = draft->request->start_dir,
        .expected = &expected,
        .wrong = &wrong,
        .notice = &notice,
    };

    if (row->kind == GCN_KIND_BOOL && gcn_value_is_none(value)) {
        return; /* None, for a truth: what the layers below say */
    }
    if (!gcn_kind_accept(&in, value, gcn_draft_member(draft, row))) {
        report_wrong(draft, &in, value, place);
        return;
    }
    if (notice.text[0] != '\0') {
        report_notice(draft, &in, value, place);
    }
    draft->settings->origins[row->id] = (struct gcn_origin){
        place->layer,
        place->text == NULL ? NULL : gcn_draft_copy(draft, gcn_slice_of(place->text)),
    };
}
