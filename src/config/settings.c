/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a generation once it is loaded.
 */
#include <gcorn/config/settings.h>

#include <string.h>

#include <gcorn/base/mem.h>

#include "kind.h"

void gcn_settings_destroy(struct gcn_settings *settings)
{
    if (settings != NULL) {
        gcn_arena_finish(&settings->arena);
        gcn_free(settings);
    }
}

const char *gcn_settings_proc_name(const struct gcn_settings *settings)
{
    return settings->proc_name != NULL ? settings->proc_name : settings->default_proc_name;
}

static const void *member_of(const struct gcn_settings *settings, const struct gcn_setting *row)
{
    return (const char *)settings + row->offset;
}

static bool is_pyref(const struct gcn_setting *row)
{
    return row->kind == GCN_KIND_TREE || row->kind == GCN_KIND_HOOK || row->kind == GCN_KIND_CLASS;
}

static bool is_text(const struct gcn_setting *row)
{
    return row->kind == GCN_KIND_STRING || row->kind == GCN_KIND_PATH ||
           row->kind == GCN_KIND_DIR || row->kind == GCN_KIND_ANY;
}

static bool texts_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* For members that print the same only if they are. */
static bool prints_equal(const struct gcn_setting *row, const void *a, const void *b)
{
    struct gcn_buf left = {0}, right = {0};

    gcn_kind_print(row, a, &left);
    gcn_kind_print(row, b, &right);
    bool equal = gcn_slice_equal(gcn_buf_slice(&left), gcn_buf_slice(&right));
    gcn_buf_finish(&left);
    gcn_buf_finish(&right);
    return equal;
}

static bool pyrefs_equal(const struct gcn_pyref *a, const struct gcn_pyref *b)
{
    return a->object == b->object && texts_equal(a->text, b->text);
}

bool gcn_settings_equal(const struct gcn_settings *a, const struct gcn_settings *b,
                        enum gcn_setting_id id)
{
    const struct gcn_setting *row = gcn_setting_get(id);
    const void *left = member_of(a, row), *right = member_of(b, row);

    if (is_pyref(row)) {
        return pyrefs_equal(left, right);
    }
    if (is_text(row)) {
        return texts_equal(*(const char *const *)left, *(const char *const *)right);
    }
    return prints_equal(row, left, right);
}
