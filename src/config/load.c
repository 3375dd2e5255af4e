/* SPDX-License-Identifier: MIT */
/*
 * The layers, lowest first. The command line and the variable are parsed before the file, since
 * they may name it, and applied after it.
 */
#include <gcorn/config/load.h>

#include <string.h>

#include "check.h"
#include "cmdline.h"
#include "draft.h"
#include "env.h"
#include "file.h"
#include "path.h"

void gcn_load_failure_finish(struct gcn_load_failure *failure)
{
    gcn_buf_finish(&failure->text);
    failure->exit_code = 0;
}

static int count_strings(const char *const *strings)
{
    int n = 0;

    while (strings[n] != NULL) {
        n++;
    }
    return n;
}

/* -c of the command line, else of the variable. */
static void apply_file(struct gcn_draft *draft, const struct gcn_cmdline *cmdline,
                       const struct gcn_cmdline *env, const struct gcn_place *env_place)
{
    const struct gcn_place place = {GCN_LAYER_CMDLINE, GCN_DIALECT_TEXT, "--config"};
    const struct gcn_value *from_cmdline = gcn_cmdline_find(cmdline, GCN_SETTING_config);
    const struct gcn_value *from_env = gcn_cmdline_find(env, GCN_SETTING_config);
    const struct gcn_value *venv = gcn_cmdline_find(cmdline, GCN_SETTING_venv);

    if (venv == NULL) {
        venv = gcn_cmdline_find(env, GCN_SETTING_venv);
    }
    draft->venv = venv == NULL ? NULL : venv->text.ptr;
    if (from_cmdline != NULL && gcn_text_strip(from_cmdline->text).len > 0) {
        gcn_file_apply(draft, from_cmdline->text.ptr, &place);
    } else {
        gcn_file_apply(draft, from_env == NULL ? NULL : from_env->text.ptr, env_place);
    }
}

/* A file's path, but not another URI ("egg:shop"), is meant from the directory of the start. */
static const char *locate_paste(struct gcn_draft *draft)
{
    struct gcn_slice paste = gcn_slice_of(draft->settings->paste), before, after;

    if (gcn_slice_cut(paste, ':', &before, &after)) {
        return draft->settings->paste;
    }
    return gcn_path_absolute(&draft->settings->arena, draft->request->start_dir, paste);
}

static void apply_app(struct gcn_draft *draft, const struct gcn_cmdline *cmdline)
{
    struct gcn_settings *settings = draft->settings;

    if (cmdline->n_words > 1) {
        gcn_draft_notice(draft, GCN_LOG_INFO,
                         "only the first word of the command line, \"%s\", names an app",
                         cmdline->app);
    }
    settings->app = settings->wsgi_app;
    if (cmdline->app != NULL) {
        settings->app = gcn_draft_copy(draft, gcn_slice_of(cmdline->app));
    }
    if (settings->paste != NULL) {
        settings->app = locate_paste(draft);
    }
}

/* The argument is the lowest layer above the defaults: a file may still say otherwise. */
static void apply_default_proc_name(struct gcn_draft *draft, const struct gcn_cmdline *cmdline)
{
    const struct gcn_value *paste = gcn_cmdline_find(cmdline, GCN_SETTING_paste);

    if (paste != NULL) {
        struct gcn_slice file = {paste->text.ptr, strcspn(paste->text.ptr, "#")};
        draft->settings->default_proc_name =
            gcn_path_absolute(&draft->settings->arena, draft->request->start_dir, file);
    } else if (cmdline->app != NULL) {
        draft->settings->default_proc_name = gcn_draft_copy(draft, gcn_slice_of(cmdline->app));
    }
}

static void apply_layers(struct gcn_draft *draft)
{
    const struct gcn_load_request *request = draft->request;
    const struct gcn_place cmdline_place = {GCN_LAYER_CMDLINE, GCN_DIALECT_TEXT, NULL};
    struct gcn_cmdline cmdline, env;
    struct gcn_place env_place;

    gcn_defaults_apply(draft);
    gcn_cmdline_parse(&cmdline, draft, &cmdline_place, count_strings(request->argv), request->argv);
    gcn_env_parse(&env, draft, &env_place);
    if (draft->exit_code == 0) {
        apply_default_proc_name(draft, &cmdline);
        apply_file(draft, &cmdline, &env, &env_place);
        const char *config = draft->settings->config;
        gcn_cmdline_apply(&env, draft, &env_place);
        gcn_cmdline_apply(&cmdline, draft, &cmdline_place);
        draft->settings->config = config; /* what was read, not what was written */
        gcn_defaults_apply_env(draft);
        apply_app(draft, &cmdline);
    }
    gcn_cmdline_finish(&cmdline);
    gcn_cmdline_finish(&env);
}

bool gcn_settings_load(struct gcn_settings **out, const struct gcn_load_request *request,
                       struct gcn_load_failure *failure)
{
    struct gcn_draft draft;

    gcn_draft_init(&draft, request);
    draft.settings->start_dir = gcn_draft_copy(&draft, gcn_slice_of(request->start_dir));
    apply_layers(&draft);
    if (draft.exit_code == 0) {
        gcn_check_all(&draft);
    }
    bool ok = draft.exit_code == 0;
    if (ok) {
        *out = gcn_draft_take(&draft);
    } else {
        failure->text = draft.errors;
        failure->exit_code = draft.exit_code;
        draft.errors = (struct gcn_buf){0};
    }
    gcn_draft_finish(&draft);
    return ok;
}
