/* SPDX-License-Identifier: MIT */
/*
 * --help.
 */
#include <gcorn/config/print.h>

#include <string.h>

#include "kind.h"
#include "row_text.h"
#include "spelling.h"

enum { TEXT_COLUMN = 24, LEAST_COLUMNS = 40 };

void gcn_print_usage(struct gcn_buf *out)
{
    gcn_buf_append_str(out, "usage: gcorn [OPTIONS] [APP_MODULE]\n");
}

/* "-w INT, --workers INT" */
static void print_flags(const struct gcn_setting *row, struct gcn_buf *out)
{
    struct gcn_slice flags = gcn_slice_of(row->flags), flag;
    const char *metavar = gcn_kind_metavar(row);
    bool optional = (row->traits & GCN_TRAIT_OPTIONAL_VALUE) != 0;

    for (size_t i = 0; gcn_flag_take(&flags, &flag); i++) {
        gcn_buf_append_str(out, i == 0 ? "" : ", ");
        gcn_buf_append(out, flag.ptr, flag.len);
        if (metavar[0] != '\0') {
            gcn_buf_printf(out, optional ? " [%s]" : " %s", metavar);
        }
    }
}

/* The text of an option, on the flags' line if they are short, else below it. */
static void print_entry(struct gcn_buf *out, size_t start, const char *text, size_t columns)
{
    size_t used = out->len - start;

    if (used + 2 > TEXT_COLUMN) {
        gcn_buf_append_byte(out, '\n');
        used = 0;
    }
    gcn_buf_printf(out, "%*s", (int)(TEXT_COLUMN - used), "");
    gcn_text_wrap(text, TEXT_COLUMN, columns, out);
    gcn_buf_append_byte(out, '\n');
}

static void print_option(const struct gcn_setting *row, size_t columns, struct gcn_buf *out)
{
    struct gcn_buf text = {0};
    size_t start = out->len;

    gcn_buf_append_str(out, "  ");
    print_flags(row, out);
    gcn_buf_append_str(&text, row->help);
    gcn_row_status(row, &text);
    if (row->choices != NULL && row->kind == GCN_KIND_ENUM) {
        gcn_buf_append_str(&text, " One of ");
        gcn_row_choices(row, &text);
        gcn_buf_append_byte(&text, '.');
    }
    if (row->kind != GCN_KIND_BOOL) {
        gcn_buf_append_str(&text, " [");
        gcn_row_default(row, &text);
        gcn_buf_append_byte(&text, ']');
    }
    print_entry(out, start, text.ptr, columns);
    gcn_buf_finish(&text);
}

static void print_action(const char *flags, const char *text, size_t columns, struct gcn_buf *out)
{
    size_t start = out->len;

    gcn_buf_printf(out, "  %s", flags);
    print_entry(out, start, text, columns);
}

void gcn_print_help(struct gcn_buf *out, size_t columns)
{
    const char *section = "";

    columns = columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns;
    gcn_print_usage(out);
    gcn_buf_append_byte(out, '\n');
    gcn_text_wrap(
        "Serve a Python WSGI app, named as MODULE, MODULE:NAME or MODULE:FACTORY(ARGUMENTS). "
        "Options also come from a config file (see --config) and from the variable "
        "GCORN_CMD_ARGS, else GUNICORN_CMD_ARGS. A switch --x is undone by --no-x.",
        0, columns, out);
    gcn_buf_append_str(out, "\n\n");
    print_action("-h, --help", "Show this text and exit.", columns, out);
    print_action("-v, --version", "Show the version and exit.", columns, out);
    print_action("--print-completion SHELL", "Print the completion for bash, zsh or fish and exit.",
                 columns, out);
    print_action(
        "--print-docs PAGE",
        "Print the reference of all settings (settings) or the manual page (man) and exit.",
        columns, out);
    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        if (row->flags == NULL) {
            continue;
        }
        if (strcmp(section, row->section) != 0) {
            section = row->section;
            gcn_buf_printf(out, "\n%s:\n", section);
        }
        print_option(row, columns, out);
    }
}
