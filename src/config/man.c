/* SPDX-License-Identifier: MIT */
/*
 * docs/gcorn.1, in the man macros that groff and mandoc share.
 */
#include <gcorn/config/print.h>

#include <stdio.h>
#include <string.h>

#include "kind.h"
#include "row_text.h"
#include "spelling.h"

static const char *const head =
    ".\\\" Made by gcorn --print-docs man. Do not edit.\n"
    ".TH GCORN 1 \"\" \"gcorn " GCORN_VERSION "\" \"User Commands\"\n"
    ".SH NAME\n"
    "gcorn \\- a pre\\-fork WSGI server\n"
    ".SH SYNOPSIS\n"
    ".B gcorn\n"
    ".RI [ OPTIONS ]\n"
    ".RI [ APP_MODULE ]\n"
    ".SH DESCRIPTION\n"
    "Serves a Python WSGI app over HTTP from several worker processes. It takes the options, the\n"
    "configuration files, the signals and the hooks of gunicorn.\n"
    ".PP\n"
    ".I APP_MODULE\n"
    "is MODULE, MODULE:NAME or MODULE:FACTORY(ARGUMENTS); the name is application if it is left "
    "out.\n"
    ".PP\n"
    "Settings come, lowest first, from the defaults, from a configuration file, from the variable\n"
    ".B GCORN_CMD_ARGS\n"
    "(else\n"
    ".BR GUNICORN_CMD_ARGS ),\n"
    "and from the command line. Long options may be abbreviated, and a switch \\-\\-x is undone "
    "by\n"
    "\\-\\-no\\-x.\n"
    ".SH OPTIONS\n"
    ".TP\n"
    ".BR \\-h \", \" \\-\\-help\n"
    "Show all options and exit.\n"
    ".TP\n"
    ".BR \\-v \", \" \\-\\-version\n"
    "Show the version and exit.\n"
    ".TP\n"
    "\\fB\\-\\-print\\-completion\\fR \\fISHELL\\fR\n"
    "Print the completion for bash, zsh or fish and exit.\n"
    ".TP\n"
    "\\fB\\-\\-print\\-docs\\fR \\fIPAGE\\fR\n"
    "Print the reference of all settings (settings) or this page (man) and exit.\n";

static const char *const tail =
    ".SH SIGNALS\n"
    "Sent to the arbiter: TERM stops gracefully, INT and QUIT at once; HUP reloads; USR1 reopens "
    "the\n"
    "logs; USR2 starts a new arbiter beside this one; TTIN and TTOU change the number of workers.\n"
    ".SH EXIT STATUS\n"
    "0 after a stop; 1 if a setting, a socket or a file is at fault; 2 if the command line is; 3 "
    "if a\n"
    "worker could not start; 4 if the app was not found in its module.\n"
    ".SH FILES\n"
    ".TP\n"
    ".I gcorn.yaml, gcorn.conf.py, gunicorn.conf.py\n"
    "Without \\-\\-config, the first of these that exists in the current directory is read.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n"
    ".B GCORN_CMD_ARGS, GUNICORN_CMD_ARGS\n"
    "Options, split as a shell would; only the first that is set is read.\n"
    ".TP\n"
    ".B WEB_CONCURRENCY, PORT, FORWARDED_ALLOW_IPS, SENDFILE\n"
    "Defaults of workers, bind, forwarded_allow_ips and sendfile.\n"
    ".TP\n"
    ".B VIRTUAL_ENV\n"
    "The virtual environment to use, unless \\-\\-venv names one.\n"
    ".SH EXAMPLES\n"
    ".nf\n"
    "gcorn app:app\n"
    "gcorn \\-b 0.0.0.0:8000 \\-w 4 \\-\\-access\\-logfile \\- app:app\n"
    "gcorn \\-c gcorn.yaml\n"
    ".fi\n";

/* Text without anything that roff would take for its own. */
static void put_text(const char *text, struct gcn_buf *out)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\') {
            gcn_buf_append_str(out, "\\e");
        } else if (*at == '-') {
            gcn_buf_append_str(out, "\\-");
        } else if (at == text && (*at == '.' || *at == '\'')) {
            gcn_buf_printf(out, "\\&%c", *at);
        } else {
            gcn_buf_append_byte(out, *at);
        }
    }
}

static void put_flags(const struct gcn_setting *row, struct gcn_buf *out)
{
    struct gcn_slice flags = gcn_slice_of(row->flags), flag;
    const char *metavar = gcn_kind_metavar(row);

    if (row->flags == NULL) {
        gcn_buf_append_str(out, "\\fB");
        put_text(row->name, out);
        gcn_buf_append_str(out, "\\fR (only in a config file)\n");
        return;
    }
    for (size_t i = 0; gcn_flag_take(&flags, &flag); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%.*s", (int)flag.len, flag.ptr);
        gcn_buf_append_str(out, i == 0 ? "\\fB" : ", \\fB");
        put_text(text, out);
        gcn_buf_append_str(out, "\\fR");
    }
    if (metavar[0] != '\0') {
        gcn_buf_printf(
            out, row->traits & GCN_TRAIT_OPTIONAL_VALUE ? " [\\fI%s\\fR]" : " \\fI%s\\fR", metavar);
    }
    gcn_buf_append_byte(out, '\n');
}

static void put_row(const struct gcn_setting *row, struct gcn_buf *out)
{
    struct gcn_buf text = {0};

    gcn_buf_append_str(out, ".TP\n");
    put_flags(row, out);
    gcn_buf_append_str(&text, row->help);
    gcn_row_status(row, &text);
    if (row->kind != GCN_KIND_BOOL && row->kind != GCN_KIND_HOOK) {
        gcn_buf_append_str(&text, " The default is ");
        gcn_row_default(row, &text);
        gcn_buf_append_byte(&text, '.');
    }
    put_text(text.ptr, out);
    gcn_buf_append_byte(out, '\n');
    gcn_buf_finish(&text);
}

void gcn_print_man(struct gcn_buf *out)
{
    const char *section = "";

    gcn_buf_append_str(out, head);
    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        if (strcmp(section, row->section) != 0) {
            section = row->section;
            gcn_buf_printf(out, ".SS %s\n", section);
        }
        put_row(row, out);
    }
    gcn_buf_append_str(out, tail);
}
