/* SPDX-License-Identifier: MIT */
/*
 * argv → settings → arbiter, and the options that only print.
 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcorn/arbiter/arbiter.h>
#include <gcorn/base/mem.h>
#include <gcorn/base/parse.h>
#include <gcorn/config/cmdline.h>
#include <gcorn/config/load.h>
#include <gcorn/config/print.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/python/configfile.h>
#include <gcorn/python/logger.h>
#include <gcorn/python/python.h>

enum { USUAL_COLUMNS = 80, MOST_COLUMNS = 120 };

/* The terminal's width, less one so that no line wraps by itself. COLUMNS wins, as in a shell. */
static size_t terminal_columns(void)
{
    struct winsize size;
    int64_t columns = 0;

    if (!gcn_parse_digits(gcn_slice_of(getenv("COLUMNS")), &columns) || columns == 0) {
        bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        columns = known ? size.ws_col : USUAL_COLUMNS;
    }
    return (size_t)(columns > MOST_COLUMNS ? MOST_COLUMNS : columns) - 1;
}

/*
 * The current directory, by the name that PWD has for it if that is true: with symbolic links, as a
 * deployment that swaps a link wants it.
 */
static char *start_directory(void)
{
    const char *pwd = getenv("PWD");
    struct stat here, there;

    if (pwd != NULL && pwd[0] == '/' && stat(".", &here) == 0 && stat(pwd, &there) == 0 &&
        here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
        return strdup(pwd); /* freed as getcwd's */
    }
    char *cwd = getcwd(NULL, 0);
    if (cwd == NULL) {
        perror("gcorn: the current directory");
    }
    return cwd;
}

/* Write to standard output; a reader that has gone away is an error like a full disk. */
static int put(struct gcn_buf *text)
{
    bool ok = fwrite(text->ptr, 1, text->len, stdout) == text->len && fflush(stdout) == 0;

    gcn_buf_finish(text);
    if (!ok) {
        perror("gcorn: standard output");
    }
    return ok ? GCN_EXIT_OK : GCN_EXIT_ERROR;
}

/* Every line as "gcorn: error: …", below the usage if the command line is at fault. */
static int put_failure(struct gcn_load_failure *failure)
{
    struct gcn_buf text = {0};
    int code = failure->exit_code;

    if (code == GCN_EXIT_USAGE) {
        gcn_print_usage(&text);
    }
    for (struct gcn_slice rest = gcn_buf_slice(&failure->text), line; rest.len > 0;) {
        gcn_slice_cut(rest, '\n', &line, &rest);
        gcn_buf_printf(&text, "gcorn: error: %.*s\n", (int)line.len, line.ptr);
    }
    fwrite(text.ptr, 1, text.len, stderr);
    gcn_buf_finish(&text);
    gcn_load_failure_finish(failure);
    return code;
}

static int put_help(void)
{
    struct gcn_buf text = {0};

    gcn_print_help(&text, terminal_columns());
    return put(&text);
}

static int put_version(void)
{
    struct gcn_buf text = {0};

    gcn_buf_append_str(&text, "gcorn (version " GCORN_VERSION ")\n");
    return put(&text);
}

static int put_completion(const char *shell)
{
    struct gcn_buf text = {0};

    if (gcn_print_completion(&text, shell)) {
        return put(&text);
    }
    gcn_buf_finish(&text);
    fprintf(stderr, "gcorn: error: --print-completion: %s: expected bash, zsh or fish\n", shell);
    return GCN_EXIT_USAGE;
}

static int put_docs(const char *page)
{
    struct gcn_buf text = {0};

    if (strcmp(page, "settings") == 0) {
        gcn_print_reference(&text);
    } else if (strcmp(page, "man") == 0) {
        gcn_print_man(&text);
    } else {
        fprintf(stderr, "gcorn: error: --print-docs: %s: expected settings or man\n", page);
        return GCN_EXIT_USAGE;
    }
    return put(&text);
}

/* The logger is made of the hooks' settings, too. */
static bool check_hooks(const struct gcn_settings *settings, struct gcn_error *err)
{
    if (!gcn_py_hooks_want(settings)) {
        return true;
    }
    struct gcn_py_hooks *hooks = gcn_py_hooks_create(settings, err);
    bool ok = hooks != NULL && gcn_py_logger_check(hooks, err);
    gcn_py_hooks_destroy(hooks);
    return ok;
}

/* Import the app, and the hooks, as a worker would, to see whether that works. */
static int check_app(const struct gcn_settings *settings, const struct gcn_load_request *request)
{
    struct gcn_py_options options;
    struct gcn_error err = {{0}};
    int code = GCN_EXIT_ERROR;

    gcn_py_options_init(&options, settings, request->argv);
    gcn_py_export_env(settings);
    if (chdir(settings->chdir) < 0) {
        gcn_error_set_errno(&err, "chdir %s", settings->chdir);
    } else if (gcn_py_start(&options, &err)) {
        struct gcn_app *app = gcn_py_app_load_settings(settings, &err, &code);
        bool ok = app != NULL && check_hooks(settings, &err);
        gcn_py_app_destroy(app);
        gcn_py_stop();
        if (ok) {
            return GCN_EXIT_OK;
        }
    }
    fprintf(stderr, "gcorn: error: %s\n", err.text);
    return code == GCN_EXIT_BOOT || code == GCN_EXIT_APP ? GCN_EXIT_ERROR : code;
}

static int check(struct gcn_settings *settings, const struct gcn_load_request *request)
{
    struct gcn_buf text = {0};
    int code = GCN_EXIT_OK;

    if (settings->print_config) {
        gcn_print_config(settings, &text);
        code = put(&text);
    }
    for (size_t i = 0; i < settings->n_notices; i++) {
        fprintf(stderr, "gcorn: %s\n", settings->notices[i].text);
    }
    if (code == GCN_EXIT_OK) {
        code = check_app(settings, request);
    }
    gcn_settings_destroy(settings);
    return code;
}

static int serve(const struct gcn_load_request *request)
{
    struct gcn_load_failure failure = {0};
    struct gcn_settings *settings;

    if (!gcn_settings_load(&settings, request, &failure)) {
        return put_failure(&failure);
    }
    if (settings->print_config || settings->check_config) {
        return check(settings, request);
    }
    return gcn_arbiter_run(settings, request);
}

static int run(const struct gcn_load_request *request)
{
    struct gcn_load_failure failure = {0};
    struct gcn_action action;

    if (!gcn_cmdline_action(request, &action, &failure)) {
        return put_failure(&failure);
    }
    switch (action.kind) {
    case GCN_ACTION_HELP:
        return put_help();
    case GCN_ACTION_VERSION:
        return put_version();
    case GCN_ACTION_COMPLETION:
        return put_completion(action.argument);
    case GCN_ACTION_DOCS:
        return put_docs(action.argument);
    case GCN_ACTION_SERVE:
        break;
    }
    return serve(request);
}

int gcn_cli_run(const char *const *argv, const char *const *env)
{
    char *start_dir = start_directory();
    struct gcn_load_request request = {
        .argv = argv,
        .env = env,
        .start_dir = start_dir,
        .reader = gcn_py_config_reader(argv),
    };

    if (start_dir == NULL) {
        return GCN_EXIT_ERROR;
    }
    int code = run(&request);
    free(start_dir);
    return code;
}
