/* SPDX-License-Identifier: MIT */
/*
 * The table keeps its own rules, and what is printed from it is whole.
 */
#include "loading.h"

#include <gcorn/config/print.h>
#include <gcorn/config/table.h>

#include <spelling.h>

static void every_row_is_complete(void **state)
{
    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        assert_int_equal(row->id, id);
        assert_non_null(row->section);
        assert_non_null(row->help);
        assert_int_equal(row->help[strlen(row->help) - 1], '.');
        assert_ptr_equal(gcn_setting_find(gcn_slice_of(row->name)), row);
        assert_true((row->status == GCN_READY) == (row->reason == NULL));
        assert_true((row->kind == GCN_KIND_HOOK) == (row->max_args > 0));
        assert_true(row->kind != GCN_KIND_ENUM || row->choices != NULL);
        assert_true(row->kind != GCN_KIND_BOOL || row->fallback != NULL);
        assert_true(!(row->traits & GCN_TRAIT_OPTIONAL_VALUE) || row->bare != NULL);
    }
    assert_null(gcn_setting_find(GCN_SLICE("worker")));
    (void)state;
}

/* Spellings seen so far, for a quadratic look at duplicates. */
struct seen {
    struct gcn_spelling list[512];
    size_t n;
};

static bool check_unique(void *context, const struct gcn_spelling *spelling)
{
    struct seen *seen = context;

    for (size_t i = 0; i < seen->n; i++) {
        if (gcn_slice_equal(seen->list[i].name, spelling->name) &&
            seen->list[i].is_negated == spelling->is_negated) {
            fail_msg("two options are called %.*s", (int)spelling->name.len, spelling->name.ptr);
        }
    }
    seen->list[seen->n++] = *spelling;
    return true;
}

static void no_two_options_are_spelled_alike(void **state)
{
    static struct seen seen;

    gcn_spellings_walk(check_unique, &seen);
    assert_true(seen.n > GCN_N_SETTINGS / 2);
    (void)state;
}

static void sections_stand_together(void **state)
{
    for (int id = 1; id < GCN_N_SETTINGS; id++) {
        const char *section = gcn_setting_get((enum gcn_setting_id)id)->section;
        const char *before = gcn_setting_get((enum gcn_setting_id)(id - 1))->section;
        for (int earlier = 0; strcmp(section, before) != 0 && earlier < id; earlier++) {
            const char *other = gcn_setting_get((enum gcn_setting_id)earlier)->section;
            if (strcmp(section, other) == 0) {
                fail_msg("section %s is in two places", section);
            }
        }
    }
    (void)state;
}

static void the_config_is_printed_by_name_with_origins(void **state)
{
    struct loading *loading = *state;
    struct gcn_buf text = {0};

    loading->request.env = ENV("PORT=5");
    gcn_print_config(yaml_ok(loading, "workers: 3\n"), &text);
    assert_true(strncmp(text.ptr, "access_log_format ", 18) == 0);
    assert_contains(text.ptr, "\nworkers                            = 3 ");
    assert_contains(text.ptr, "  # config file, gcorn.yaml:1:10\n");
    assert_contains(text.ptr, "  # default, PORT\n");
    assert_contains(text.ptr, "  # default\n");
    size_t lines = 0;
    for (const char *at = text.ptr; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    assert_int_equal(lines, GCN_N_SETTINGS);
    gcn_buf_finish(&text);
}

/* The longest line, in columns. */
static size_t widest(struct gcn_slice text)
{
    struct gcn_slice line;
    size_t most = 0;

    while (text.len > 0) {
        gcn_slice_cut(text, '\n', &line, &text);
        most = line.len > most ? line.len : most;
    }
    return most;
}

static void the_help_fits_the_terminal_and_names_every_option(void **state)
{
    for (size_t columns = 79; columns <= 119; columns += 40) {
        struct gcn_buf text = {0};
        gcn_print_help(&text, columns);
        assert_true(widest(gcn_buf_slice(&text)) <= columns);
        for (int id = 0; id < GCN_N_SETTINGS; id++) {
            struct gcn_slice flags = gcn_slice_of(gcn_setting_get((enum gcn_setting_id)id)->flags);
            struct gcn_slice flag;
            while (gcn_flag_take(&flags, &flag)) {
                char name[64];
                snprintf(name, sizeof(name), "%.*s", (int)flag.len, flag.ptr);
                assert_contains(text.ptr, name);
            }
        }
        gcn_buf_finish(&text);
    }
    (void)state;
}

static void reference_and_manual_name_every_setting(void **state)
{
    struct gcn_buf reference = {0}, manual = {0};

    gcn_print_reference(&reference);
    gcn_print_man(&manual);
    for (int id = 0; id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        char heading[80];
        snprintf(heading, sizeof(heading), "\n### %s\n", row->name);
        assert_contains(reference.ptr, heading);
        if (row->flags == NULL) {
            continue;
        }
        snprintf(heading, sizeof(heading), "`%.*s", (int)strcspn(row->flags, " "), row->flags);
        assert_contains(reference.ptr, heading);
    }
    assert_contains(manual.ptr, ".TH GCORN 1");
    assert_contains(manual.ptr, "\\fB\\-w\\fR, \\fB\\-\\-workers\\fR \\fIINT\\fR\n");
    gcn_buf_finish(&reference);
    gcn_buf_finish(&manual);
    (void)state;
}

static void completions_are_for_three_shells(void **state)
{
    static const struct {
        const char *shell, *part;
    } cases[] = {
        {"bash", "    --header-map) COMPREPLY=($(compgen -W \"drop refuse dangerous\""},
        {"zsh", "    '--header-map=[What becomes of a field"},
        {"fish", "complete -c gcorn -l header-map -x -a 'drop refuse dangerous' -d 'What becomes"},
    };
    struct gcn_buf text = {0};

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_true(gcn_print_completion(&text, cases[i].shell));
        assert_contains(text.ptr, cases[i].part);
        gcn_buf_finish(&text);
    }
    assert_false(gcn_print_completion(&text, "tcsh"));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(no_two_options_are_spelled_alike),
        cmocka_unit_test(sections_stand_together),
        loading_test(the_config_is_printed_by_name_with_origins),
        cmocka_unit_test(the_help_fits_the_terminal_and_names_every_option),
        cmocka_unit_test(reference_and_manual_name_every_setting),
        cmocka_unit_test(completions_are_for_three_shells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
