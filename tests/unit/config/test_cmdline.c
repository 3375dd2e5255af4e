/* SPDX-License-Identifier: MIT */
/*
 * Options: every way to write one, and what is said of a wrong one.
 */
#include "loading.h"

#include <gcorn/config/cmdline.h>

static int setup(void **state)
{
    static struct loading loading;

    loading_init(&loading);
    *state = &loading;
    return 0;
}

static int teardown(void **state)
{
    loading_finish(*state);
    return 0;
}

static void cmdline_gives_defaults_without_options(void **state)
{
    const struct gcn_settings *settings = load_ok(*state, WORDS("app:app"));

    assert_string_equal(settings->app, "app:app");
    assert_string_equal(settings->default_proc_name, "app:app");
    assert_int_equal(settings->workers, 1);
    assert_int_equal(settings->bind.n, 1);
    assert_string_equal(settings->bind.items[0], "127.0.0.1:8000");
    assert_int_equal(settings->limit_request_body, 1 << 30);
    assert_int_equal(settings->secure_scheme_headers.n, 3);
    assert_true(settings->sendfile);
    assert_int_equal(settings->user, geteuid());
    assert_int_equal(settings->origins[GCN_SETTING_workers].layer, GCN_LAYER_DEFAULT);
    assert_null(settings->origins[GCN_SETTING_workers].place);
}

static void cmdline_takes_each_spelling_of_a_value(void **state)
{
    const char *const *lines[] = {
        WORDS("-w", "4", "app"),        WORDS("-w4", "app"),
        WORDS("--workers", "4", "app"), WORDS("--workers=4", "app"),
        WORDS("app", "-w", "4"),        WORDS("--workers", "+4", "app"),
        WORDS("-w", "2", "-w4", "app"), WORDS("--workers", "4", "app", "b"),
        WORDS("-w", " 4 ", "app"),      WORDS("-w", "+4", "--", "app"),
        WORDS("--workers=0_4", "app"),
    };

    for (size_t i = 0; i < GCN_COUNT(lines); i++) {
        const struct gcn_settings *settings = load_ok(*state, lines[i]);
        assert_int_equal(settings->workers, 4);
        assert_string_equal(settings->app, "app");
        assert_int_equal(settings->origins[GCN_SETTING_workers].layer, GCN_LAYER_CMDLINE);
        assert_string_not_equal(settings->origins[GCN_SETTING_workers].place, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cmdline_gives_defaults_without_options, setup, teardown),
        cmocka_unit_test_setup_teardown(cmdline_takes_each_spelling_of_a_value, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
