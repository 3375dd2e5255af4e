/* SPDX-License-Identifier: MIT */
/*
 * Defaults, and variables that are settings.
 */
#include "env.h"

#include <string.h>
#include <strings.h>

#include <gcorn/proc/exitcode.h>

#include "words.h"

const char *gcn_env_find(const char *const *env, const char *name)
{
    size_t len = strlen(name);

    for (; env != NULL && *env != NULL; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') {
            return *env + len + 1;
        }
    }
    return NULL;
}

void gcn_defaults_apply(struct gcn_draft *draft)
{
    const struct gcn_place place = {GCN_LAYER_DEFAULT, GCN_DIALECT_TEXT, NULL};

    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        struct gcn_value value = {.type = GCN_VALUE_NONE};
        if (row->fallback != NULL) {
            value = gcn_value_of_text(gcn_slice_of(row->fallback));
        } else if (row->kind == GCN_KIND_DIR) {
            value = gcn_value_of_text(gcn_slice_of(draft->request->start_dir));
        } else if (row->kind != GCN_KIND_USER && row->kind != GCN_KIND_GROUP) {
            continue; /* zeroed is None, or empty */
        }
        gcn_draft_set(draft, row, &value, &place);
    }
}

/* What gunicorn takes for true in SENDFILE. */
static const char *truth_word(const char *text)
{
    static const char *const truths[] = {"y", "1", "yes", "true"};

    for (size_t i = 0; i < GCN_COUNT(truths); i++) {
        if (strcasecmp(text, truths[i]) == 0) {
            return "true";
        }
    }
    return "false";
}

void gcn_defaults_apply_env(struct gcn_draft *draft)
{
    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        if (row->env == NULL || draft->settings->origins[id].layer != GCN_LAYER_DEFAULT) {
            continue;
        }
        const char *text = gcn_env_find(draft->request->env, row->env);
        if (text == NULL) {
            continue;
        }
        if (row->kind == GCN_KIND_BOOL) {
            text = truth_word(text);
        } else if (row->env_prefix != NULL) {
            text = gcn_draft_format(draft, "%s%s", row->env_prefix, text);
        }
        struct gcn_value value = gcn_value_of_text(gcn_slice_of(text));
        const struct gcn_place place = {GCN_LAYER_DEFAULT, GCN_DIALECT_TEXT, row->env};
        gcn_draft_set(draft, row, &value, &place);
    }
}

void gcn_env_parse(struct gcn_cmdline *cmdline, struct gcn_draft *draft, struct gcn_place *place)
{
    static const char *const names[] = {"GCORN_CMD_ARGS", "GUNICORN_CMD_ARGS"};
    struct gcn_error err = {{0}};
    const char *text = NULL;
    const char *const *words;
    size_t n;

    *place = (struct gcn_place){GCN_LAYER_ENV, GCN_DIALECT_TEXT, NULL};
    *cmdline = (struct gcn_cmdline){0};
    for (size_t i = 0; text == NULL && i < GCN_COUNT(names); i++) {
        text = gcn_env_find(draft->request->env, names[i]);
        place->text = names[i];
    }
    if (text == NULL) {
        return;
    }
    /* a word in front, where a command line has the program's name */
    const char *line = gcn_draft_format(draft, "gcorn %s", text);
    if (!gcn_words_split(&draft->settings->arena, line, &words, &n, &err)) {
        gcn_draft_error(draft, GCN_EXIT_ERROR, place, "%s", err.text);
        return;
    }
    gcn_cmdline_parse(cmdline, draft, place, (int)n, words);
    if (cmdline->action.kind != GCN_ACTION_SERVE) {
        gcn_draft_error(draft, GCN_EXIT_USAGE, place, "only settings have a place here");
    }
    if (cmdline->n_words > 0) {
        gcn_draft_notice(draft, GCN_LOG_INFO, "%s: \"%s\" is no option and is ignored", place->text,
                         cmdline->app);
    }
}
