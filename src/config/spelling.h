/* SPDX-License-Identifier: MIT */
/*
 * Every way to write an option: the flags of the table, their negations, and the options that are
 * no settings.
 */
#ifndef GCORN_CONFIG_SPELLING_H
#define GCORN_CONFIG_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/slice.h>
#include <gcorn/config/cmdline.h>
#include <gcorn/config/table.h>

enum gcn_argument {
    GCN_ARGUMENT_NONE,
    GCN_ARGUMENT_REQUIRED,
    GCN_ARGUMENT_OPTIONAL,
};

/* One spelling. Lifetime: process, in the static tables it points to. */
struct gcn_spelling {
    const struct gcn_setting *row; /* NULL: an action */
    enum gcn_action_kind action;
    struct gcn_slice name; /* "workers", "w": without dashes, and without "no-" */
    bool is_negated;       /* --no-<name> */
    bool is_extra;         /* gunicorn has no such option */
    enum gcn_argument argument;
};

/*
 * Walk all spellings: `visit` is called for each until it returns false. Short ones have a name of
 * one byte.
 */
typedef bool (*gcn_spelling_fn)(void *context, const struct gcn_spelling *spelling);
void gcn_spellings_walk(gcn_spelling_fn visit, void *context);

/* The words of row->flags, one a call ("-w", then "--workers"). False when there are no more. */
bool gcn_flag_take(struct gcn_slice *flags, struct gcn_slice *flag);

/* True if the switch also has a --no- form. */
bool gcn_setting_is_negatable(const struct gcn_setting *row);

#endif
