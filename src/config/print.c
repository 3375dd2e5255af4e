/* SPDX-License-Identifier: MIT */
/*
 * --print-config.
 */
#include <gcorn/config/print.h>

#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "kind.h"

enum { NAME_COLUMNS = 34, VALUE_COLUMNS = 72 };

static int compare_names(const void *a, const void *b)
{
    const struct gcn_setting *left = gcn_setting_get(*(const enum gcn_setting_id *)a);
    const struct gcn_setting *right = gcn_setting_get(*(const enum gcn_setting_id *)b);

    return strcmp(left->name, right->name);
}

static void print_row(const struct gcn_settings *settings, const struct gcn_setting *row,
                      struct gcn_buf *out)
{
    const struct gcn_origin *origin = &settings->origins[row->id];
    size_t start = out->len;

    gcn_buf_printf(out, "%-*s = ", NAME_COLUMNS, row->name);
    gcn_kind_print(row, (const char *)settings + row->offset, out);
    size_t used = out->len - start;
    int blanks = used < VALUE_COLUMNS ? (int)(VALUE_COLUMNS - used) : 0;
    gcn_buf_printf(out, "%*s  # %s", blanks, "", gcn_layer_name(origin->layer));
    if (origin->place != NULL) {
        gcn_buf_printf(out, ", %s", origin->place);
    }
    gcn_buf_append_byte(out, '\n');
}

void gcn_print_config(const struct gcn_settings *settings, struct gcn_buf *out)
{
    enum gcn_setting_id order[GCN_N_SETTINGS];

    for (int i = 0; i < GCN_N_SETTINGS; i++) {
        order[i] = (enum gcn_setting_id)i;
    }
    qsort(order, GCN_N_SETTINGS, sizeof(order[0]), compare_names);
    for (size_t i = 0; i < GCN_N_SETTINGS; i++) {
        print_row(settings, gcn_setting_get(order[i]), out);
    }
}
