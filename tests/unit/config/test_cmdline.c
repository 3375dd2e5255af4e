/* SPDX-License-Identifier: MIT */
/*
 * Options: every way to write one, and what is said of a wrong one.
 */
#include "loading.h"

#include <gcorn/config/cmdline.h>

static void defaults_are_gunicorns(void **state)
{
    const struct gcn_settings *settings = load_ok(*state, WORDS("app:app"));

    assert_string_equal(settings->app, "app:app");
    assert_string_equal(settings->default_proc_name, "app:app");
    assert_int_equal(settings->workers, 1);
    assert_string_equal(shown(settings, GCN_SETTING_bind), "['127.0.0.1:8000']");
    assert_string_equal(shown(settings, GCN_SETTING_forwarded_allow_ips), "['127.0.0.1', '::1']");
    assert_string_equal(shown(settings, GCN_SETTING_secure_scheme_headers),
                        "{'X-FORWARDED-PROTOCOL': 'ssl', 'X-FORWARDED-PROTO': 'https', "
                        "'X-FORWARDED-SSL': 'on'}");
    assert_string_equal(shown(settings, GCN_SETTING_limit_request_body), "1G");
    assert_string_equal(shown(settings, GCN_SETTING_loglevel), "info");
    assert_string_equal(shown(settings, GCN_SETTING_worker_class), "sync");
    assert_string_equal(shown(settings, GCN_SETTING_accesslog), "None");
    assert_string_equal(shown(settings, GCN_SETTING_on_starting), "None");
    assert_true(settings->sendfile);
    assert_int_equal(settings->user, geteuid());
    assert_int_equal(settings->group, getegid());
    assert_string_equal(settings->chdir, ((struct loading *)*state)->dir);
    assert_int_equal(settings->origins[GCN_SETTING_workers].layer, GCN_LAYER_DEFAULT);
    assert_null(settings->origins[GCN_SETTING_workers].place);
}

static void a_value_has_many_spellings(void **state)
{
    const char *const *lines[] = {
        WORDS("-w", "4", "app"),        WORDS("-w4", "app"),
        WORDS("--workers", "4", "app"), WORDS("--workers=4", "app"),
        WORDS("app", "-w", "4"),        WORDS("--workers", "+4", "app"),
        WORDS("-w", "2", "-w4", "app"), WORDS("--workers", "4", "app", "b"),
        WORDS("-w", " 4 ", "app"),      WORDS("-w", "4", "--", "app"),
        WORDS("-w=4", "app"),           WORDS("-w", "4", "app", "--reload"),
        WORDS("--workers=0_4", "app"),  WORDS("--reload-engine", "auto", "-w4", "app"),
    };

    for (size_t i = 0; i < GCN_COUNT(lines); i++) {
        const struct gcn_settings *settings = load_ok(*state, lines[i]);
        assert_int_equal(settings->workers, 4);
        assert_string_equal(settings->app, "app");
        assert_int_equal(settings->origins[GCN_SETTING_workers].layer, GCN_LAYER_CMDLINE);
    }
}

static void the_origin_names_the_flag(void **state)
{
    const struct gcn_settings *settings =
        load_ok(*state, WORDS("-w4", "--time", "9", "--log-file=x", "app"));

    assert_string_equal(settings->origins[GCN_SETTING_workers].place, "-w");
    assert_string_equal(settings->origins[GCN_SETTING_timeout].place, "--timeout");
    assert_string_equal(settings->origins[GCN_SETTING_errorlog].place, "--log-file");
}

static void switches_have_a_negation(void **state)
{
    static const struct {
        const char *words[3];
        enum gcn_setting_id id;
        const char *expected;
    } cases[] = {
        {{"--check-config"}, GCN_SETTING_check_config, "True"},
        {{"--check-config", "--no-check-config"}, GCN_SETTING_check_config, "False"},
        {{"--no-sendfile"}, GCN_SETTING_sendfile, "False"},
        {{"--no-sendfile", "--sendfile"}, GCN_SETTING_sendfile, "True"},
        {{"--no-s"}, GCN_SETTING_sendfile, "False"}, /* gunicorn has no other --no-s… */
        {{"--no-control-socket"}, GCN_SETTING_control_socket_disable, "True"},
        {{"--permit-ob"}, GCN_SETTING_permit_obsolete_folding, "True"},
    };

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const char *argv[] = {"gcorn", "app", cases[i].words[0], cases[i].words[1], NULL};
        assert_string_equal(shown(load_ok(*state, argv), cases[i].id), cases[i].expected);
    }
}

static void lists_gather_their_options(void **state)
{
    const struct gcn_settings *settings = load_ok(
        *state, WORDS("-b", "127.0.0.1:1", "-e", "A=1", "--bind=[::1]:2", "app", "-eB=2 3=4"));

    assert_string_equal(shown(settings, GCN_SETTING_bind), "['127.0.0.1:1', '[::1]:2']");
    assert_string_equal(shown(settings, GCN_SETTING_raw_env), "['A=1', 'B=2 3=4']");
}

static void proxy_protocol_takes_a_value_or_not(void **state)
{
    static const struct {
        const char *words[4];
        const char *expected;
    } cases[] = {
        {{"--proxy-protocol", "app"}, "auto"},
        {{"app", "--proxy-protocol"}, "auto"},
        {{"--proxy-protocol", "v1", "app"}, "v1"},
        {{"--proxy-protocol=V2", "app"}, "v2"},
        {{"--proxy-protocol", "off", "app"}, "off"},
        {{"--proxy-protocol", "-w", "2", "app"}, "auto"},
    };

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const char *const *words = cases[i].words;
        const char *argv[] = {"gcorn", words[0], words[1], words[2], words[3], NULL};
        const struct gcn_settings *settings = load_ok(*state, argv);
        assert_string_equal(shown(settings, GCN_SETTING_proxy_protocol), cases[i].expected);
        assert_string_equal(settings->app, "app");
    }
}

static void values_may_begin_with_a_dash_if_they_are_no_option(void **state)
{
    assert_string_equal(load_ok(*state, WORDS("--log-file", "-", "app"))->errorlog, "-");
    load_fails(*state, WORDS("-w", "-1", "app"), 1,
               "command line, -w: workers: \"-1\": expected a whole number from 0 to 4096");
}

static void wrong_usage_ends_with_two(void **state)
{
    static const struct {
        const char *words[3];
        const char *message;
    } cases[] = {
        {{"--foo"}, "command line: --foo: there is no such option"},
        {{"--binds", "x"}, "command line: --binds: there is no such option; did you mean --bind?"},
        {{"--keepalive=3"},
         "command line: --keepalive: there is no such option; did you mean --keep-alive?"},
        {{"-x"}, "command line: -x: there is no such option"},
        {{"--worker", "2"}, "command line: --worker: could be --workers or --worker-class"},
        {{"app", "-w"}, "command line: -w: expected a value (INT)"},
        {{"app", "--bind"}, "command line: --bind: expected a value (ADDRESS)"},
        {{"--bind", "--reload"}, "command line: --bind: --reload: expected a value (ADDRESS)"},
        {{"--reload=1"}, "command line: --reload: takes no value"},
        {{"--workers=x", "app"},
         "command line, --workers: workers: \"x\": expected a whole number from 0 to 4096"},
        {{"--workers=0x2", "app"},
         "command line, --workers: workers: \"0x2\": expected a whole number from 0 to 4096"},
        {{"--workers=", "app"},
         "command line, --workers: workers: \"\": expected a whole number from 0 to 4096"},
        {{"-m08", "app"}, "command line, -m: umask: \"08\": expected permission bits, as 022"},
        {{"--no-bind"}, "command line: --no-bind: there is no such option; did you mean --bind?"},
        {{"--a\nb\x1b[31m"}, "command line: --a\\x0ab\\x1b[31m: there is no such option"},
        {{"--print-completion"}, "command line: --print-completion: expected a value"},
    };

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const char *const *words = cases[i].words;
        const char *argv[] = {"gcorn", words[0], words[1], words[2], NULL};
        load_fails(*state, argv, 2, cases[i].message);
    }
}

static void each_wrong_option_is_named(void **state)
{
    load_fails(*state, WORDS("--foo", "-w", "x", "-b", "1:2:3", "--bar", "app"), 2,
               "command line: --foo: there is no such option\n"
               "command line: --bar: there is no such option");
    load_fails(*state, WORDS("-w", "-2", "-u", "no such user", "app"), 1,
               "command line, -w: workers: \"-2\": expected a whole number from 0 to 4096\n"
               "command line, -u: user: \"no such user\": expected a user of this system");
}

static void an_action_wins_over_what_follows(void **state)
{
    static const struct {
        const char *words[3];
        enum gcn_action_kind kind;
        const char *argument;
    } cases[] = {
        {{"app"}, GCN_ACTION_SERVE, ""},
        {{"-h", "--foo"}, GCN_ACTION_HELP, ""},
        {{"--foo", "-h"}, GCN_ACTION_HELP, ""},
        {{"--foo", "--bar", "--version"}, GCN_ACTION_VERSION, ""},
        {{"-w", "x", "--help"}, GCN_ACTION_HELP, ""},
        {{"-v"}, GCN_ACTION_VERSION, ""},
        {{"-DRv"}, GCN_ACTION_VERSION, ""}, /* a bundle */
        {{"--version"}, GCN_ACTION_VERSION, ""},
        {{"--print-completion", "zsh"}, GCN_ACTION_COMPLETION, "zsh"},
        {{"--print-d=man"}, GCN_ACTION_DOCS, "man"},
        {{"--print"}, GCN_ACTION_SERVE, ""}, /* --print-config, as in gunicorn */
    };
    struct loading *loading = *state;

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const char *const *words = cases[i].words;
        const char *argv[] = {"gcorn", words[0], words[1], words[2], NULL};
        struct gcn_load_failure failure = {0};
        struct gcn_action action;
        loading->request.argv = argv;
        assert_true(gcn_cmdline_action(&loading->request, &action, &failure));
        assert_int_equal(action.kind, cases[i].kind);
        assert_string_equal(action.argument, cases[i].argument);
    }
}

static void a_wrong_option_before_an_action_is_a_failure(void **state)
{
    struct loading *loading = *state;
    struct gcn_load_failure failure = {0};
    struct gcn_action action;

    loading->request.argv = WORDS("--foo", "--print-docs", "man");
    assert_false(gcn_cmdline_action(&loading->request, &action, &failure));
    assert_int_equal(failure.exit_code, 2);
    gcn_load_failure_finish(&failure);
}

static void only_the_first_word_names_the_app(void **state)
{
    const struct gcn_settings *settings = load_ok(*state, WORDS("a:b", "c:d"));

    assert_string_equal(settings->app, "a:b");
    assert_int_equal(settings->n_notices, 1);
    assert_string_equal(settings->notices[0].text,
                        "only the first word of the command line, \"a:b\", names an app");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(defaults_are_gunicorns),
        loading_test(a_value_has_many_spellings),
        loading_test(the_origin_names_the_flag),
        loading_test(switches_have_a_negation),
        loading_test(lists_gather_their_options),
        loading_test(proxy_protocol_takes_a_value_or_not),
        loading_test(values_may_begin_with_a_dash_if_they_are_no_option),
        loading_test(wrong_usage_ends_with_two),
        loading_test(each_wrong_option_is_named),
        loading_test(an_action_wins_over_what_follows),
        loading_test(a_wrong_option_before_an_action_is_a_failure),
        loading_test(only_the_first_word_names_the_app),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
