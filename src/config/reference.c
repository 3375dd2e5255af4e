/* SPDX-License-Identifier: MIT */
/*
 * docs/settings.md.
 */
#include <gcorn/config/print.h>

#include <string.h>

#include "kind.h"
#include "row_text.h"
#include "spelling.h"

static const char *const introduction =
    "# Settings\n"
    "\n"
    "Every setting of gcorn, made by `gcorn --print-docs settings` from the table in\n"
    "`include/gcorn/config/settings.def`. How the layers (defaults, config file, environment, "
    "command\n"
    "line) work together is in [configuration.md](configuration.md).\n"
    "\n"
    "Names are those of gunicorn, and so are defaults and meanings, unless a setting is marked as\n"
    "gcorn's own. A switch `--x` also has the form `--no-x`. One setting in three places, of "
    "which\n"
    "the last has the say:\n"
    "\n"
    "    $ cat gcorn.yaml\n"
    "    max_requests: 1000\n"
    "    $ export GCORN_CMD_ARGS='--max-requests 2000'\n"
    "    $ gcorn --max-requests=3000 --print-config shop.wsgi | grep '^max_requests '\n"
    "    max_requests                       = 3000                                 "
    "# command line, --max-requests\n";

static void print_contents(struct gcn_buf *out)
{
    const char *section = "";

    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        bool begins = strcmp(section, row->section) != 0;
        if (begins) {
            section = row->section;
            gcn_buf_printf(out, "\n- **%s**: ", section);
        }
        gcn_buf_printf(out, "%s[%s](#%s)", begins ? "" : ", ", row->name, row->name);
    }
    gcn_buf_append_byte(out, '\n');
}

static void print_flags(const struct gcn_setting *row, struct gcn_buf *out)
{
    struct gcn_slice flags = gcn_slice_of(row->flags), flag;
    const char *metavar = gcn_kind_metavar(row);

    if (row->flags == NULL) {
        gcn_buf_append_str(out, "none: only in a config file");
    }
    for (size_t i = 0; gcn_flag_take(&flags, &flag); i++) {
        gcn_buf_printf(out, "%s`%.*s", i == 0 ? "" : ", ", (int)flag.len, flag.ptr);
        if (metavar[0] != '\0') {
            gcn_buf_printf(out, row->traits & GCN_TRAIT_OPTIONAL_VALUE ? " [%s]" : " %s", metavar);
        }
        gcn_buf_append_byte(out, '`');
    }
}

/* The default: as code, unless it is a description. */
static void print_default(const struct gcn_setting *row, struct gcn_buf *out)
{
    const char *quote = row->fallback_shown == NULL ? "`" : "";

    gcn_buf_append_str(out, quote);
    gcn_row_default(row, out);
    gcn_buf_append_str(out, quote);
    if (row->env != NULL) {
        gcn_buf_printf(out, ", or `%s$%s` if that variable is set",
                       row->env_prefix == NULL ? "" : row->env_prefix, row->env);
    }
}

static void print_kind(const struct gcn_setting *row, struct gcn_buf *out)
{
    gcn_buf_append_str(out, gcn_kind_phrase(row));
    if (row->choices != NULL) {
        gcn_buf_append_str(out, row->kind == GCN_KIND_ENUM ? " " : ": ");
        gcn_row_choices(row, out);
    }
    if (row->max != 0) {
        gcn_buf_printf(out, ", %lld to %lld", (long long)row->min, (long long)row->max);
    } else if (row->min != 0) {
        gcn_buf_printf(out, ", %lld or more", (long long)row->min);
    }
    if (row->kind == GCN_KIND_HOOK) {
        gcn_buf_printf(out, row->min_args == row->max_args ? "; takes %d" : "; takes %d to %d",
                       row->min_args, row->max_args);
        gcn_buf_append_str(out, row->max_args == 1 ? " argument" : " arguments");
    }
}

static void print_status(const struct gcn_setting *row, struct gcn_buf *out)
{
    if (row->status == GCN_MISSING) {
        gcn_buf_printf(out,
                       "\n**Not in this version** (%s): another value than the default stops the "
                       "start.\n",
                       row->reason);
    } else if (row->status == GCN_POINTLESS) {
        gcn_buf_printf(out, "\n**Accepted without effect**: %s.\n", row->reason);
    }
}

static void print_row(const struct gcn_setting *row, struct gcn_buf *out)
{
    gcn_buf_printf(out, "\n### %s\n\n%s\n", row->name, row->help);
    if (row->more != NULL) {
        gcn_buf_printf(out, "\n%s\n", row->more);
    }
    print_status(row, out);
    gcn_buf_append_str(out, "\n- Option: ");
    print_flags(row, out);
    gcn_buf_append_str(out, "\n- Value: ");
    print_kind(row, out);
    gcn_buf_append_str(out, "\n- Default: ");
    print_default(row, out);
    gcn_buf_printf(out, "\n- Changed by: %s%s\n",
                   row->applies == GCN_APPLY_RESTART ? "a restart, or USR2" : "reload (HUP)",
                   row->traits & GCN_TRAIT_OWN ? "\n- gcorn's own: gunicorn has no such setting"
                                               : "");
}

void gcn_print_reference(struct gcn_buf *out)
{
    const char *section = "";

    gcn_buf_append_str(out, introduction);
    print_contents(out);
    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        if (strcmp(section, row->section) != 0) {
            section = row->section;
            gcn_buf_printf(out, "\n## %s\n", section);
        }
        print_row(row, out);
    }
}
