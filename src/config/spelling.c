/* SPDX-License-Identifier: MIT */
/*
 * The spellings that follow from the rows.
 */
#include "spelling.h"

#include <gcorn/base/compiler.h>

#include "kind.h"

static const struct {
    const char *name;
    enum gcn_action_kind action;
    enum gcn_argument argument;
    bool is_extra;
} actions[] = {
    {"h", GCN_ACTION_HELP, GCN_ARGUMENT_NONE, false},
    {"help", GCN_ACTION_HELP, GCN_ARGUMENT_NONE, false},
    {"v", GCN_ACTION_VERSION, GCN_ARGUMENT_NONE, false},
    {"version", GCN_ACTION_VERSION, GCN_ARGUMENT_NONE, false},
    {"print-completion", GCN_ACTION_COMPLETION, GCN_ARGUMENT_REQUIRED, true},
    {"print-docs", GCN_ACTION_DOCS, GCN_ARGUMENT_REQUIRED, true},
};

bool gcn_flag_take(struct gcn_slice *flags, struct gcn_slice *flag)
{
    return gcn_word_take(flags, flag);
}

bool gcn_setting_is_negatable(const struct gcn_setting *row)
{
    return row->kind == GCN_KIND_BOOL && row->flags != NULL &&
           !(row->traits & GCN_TRAIT_NOT_NEGATABLE);
}

static enum gcn_argument argument_of(const struct gcn_setting *row)
{
    if (row->kind == GCN_KIND_BOOL) {
        return GCN_ARGUMENT_NONE;
    }
    return row->traits & GCN_TRAIT_OPTIONAL_VALUE ? GCN_ARGUMENT_OPTIONAL : GCN_ARGUMENT_REQUIRED;
}

/* One flag of a row, and its counterpart with or without "no-". */
static bool walk_flag(const struct gcn_setting *row, struct gcn_slice flag, gcn_spelling_fn visit,
                      void *context)
{
    struct gcn_spelling spelling = {
        .row = row,
        .is_extra = (row->traits & GCN_TRAIT_OWN) != 0,
        .argument = argument_of(row),
    };
    bool is_long = gcn_slice_skip(&flag, "--");

    if (!is_long) {
        gcn_slice_skip(&flag, "-");
    }
    if (is_long && (row->traits & GCN_TRAIT_NEGATIVE)) {
        spelling.is_negated = gcn_slice_skip(&flag, "no-");
    }
    spelling.name = flag;
    if (!visit(context, &spelling)) {
        return false;
    }
    if (!is_long || !gcn_setting_is_negatable(row)) {
        return true;
    }
    spelling.is_negated = !spelling.is_negated;
    spelling.is_extra = true;
    return visit(context, &spelling);
}

void gcn_spellings_walk(gcn_spelling_fn visit, void *context)
{
    for (size_t i = 0; i < GCN_COUNT(actions); i++) {
        struct gcn_spelling spelling = {
            .action = actions[i].action,
            .name = gcn_slice_of(actions[i].name),
            .is_extra = actions[i].is_extra,
            .argument = actions[i].argument,
        };
        if (!visit(context, &spelling)) {
            return;
        }
    }
    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        struct gcn_slice flags = gcn_slice_of(row->flags), flag;
        while (gcn_flag_take(&flags, &flag)) {
            if (!walk_flag(row, flag, visit, context)) {
                return;
            }
        }
    }
}
