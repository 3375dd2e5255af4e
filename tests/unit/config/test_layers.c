/* SPDX-License-Identifier: MIT */
/*
 * Which layer wins, in every pair, and which file is read.
 */
#include "loading.h"

/* Where a value can be put, lowest first. */
enum {
    VARIABLE = 1, /* WEB_CONCURRENCY */
    FILE_LAYER = 2,
    ENV_LAYER = 4,
    CMDLINE = 8,
};

static const struct gcn_settings *load_with(struct loading *loading, unsigned layers)
{
    const char *argv[] = {"gcorn", "app", layers & CMDLINE ? "-w8" : NULL, NULL};
    const char *env[3] = {NULL, NULL, NULL};
    size_t n = 0;

    if (layers & VARIABLE) {
        env[n++] = "WEB_CONCURRENCY=2";
    }
    if (layers & ENV_LAYER) {
        env[n++] = "GCORN_CMD_ARGS=--workers 6";
    }
    loading_write(loading, "gcorn.yaml", layers & FILE_LAYER ? "workers: 4\n" : "");
    loading->request.env = env;
    const struct gcn_settings *settings = load_ok(loading, argv);
    loading->request.env = NULL;
    return settings;
}

static void the_higher_layer_wins_in_every_combination(void **state)
{
    static const struct {
        unsigned layer;
        int64_t workers;
        enum gcn_layer origin;
        const char *place;
    } tops[] = {
        {CMDLINE, 8, GCN_LAYER_CMDLINE, "-w"},
        {ENV_LAYER, 6, GCN_LAYER_ENV, "GCORN_CMD_ARGS --workers"},
        {FILE_LAYER, 4, GCN_LAYER_FILE, "gcorn.yaml:1:10"},
        {VARIABLE, 2, GCN_LAYER_DEFAULT, "WEB_CONCURRENCY"},
    };

    for (unsigned layers = 1; layers < 16; layers++) {
        size_t top = 0;
        while (!(layers & tops[top].layer)) {
            top++;
        }
        const struct gcn_settings *settings = load_with(*state, layers);
        const struct gcn_origin *origin = &settings->origins[GCN_SETTING_workers];
        assert_int_equal(settings->workers, tops[top].workers);
        assert_int_equal(origin->layer, tops[top].origin);
        assert_string_equal(origin->place, tops[top].place);
    }
    assert_int_equal(load_with(*state, 0)->workers, 1);
}

static void lists_are_replaced_not_merged(void **state)
{
    struct loading *loading = *state;

    loading_write(loading, "gcorn.yaml", "bind: [':1', ':2']\nraw_env: {A: b}\n");
    loading->request.env = ENV("GUNICORN_CMD_ARGS=-b :3 -b :4", "PORT=5");
    const struct gcn_settings *settings = load_ok(loading, WORDS("app"));
    assert_string_equal(shown(settings, GCN_SETTING_bind), "[':3', ':4']");
    assert_string_equal(shown(settings, GCN_SETTING_raw_env), "['A=b']");
    settings = load_ok(loading, WORDS("app", "-b", ":6"));
    assert_string_equal(shown(settings, GCN_SETTING_bind), "[':6']");
}

static void variables_are_defaults(void **state)
{
    static const struct {
        const char *env;
        enum gcn_setting_id id;
        const char *expected;
    } cases[] = {
        {"PORT=1234", GCN_SETTING_bind, "['0.0.0.0:1234']"},
        {"WEB_CONCURRENCY= 3 ", GCN_SETTING_workers, "3"},
        {"FORWARDED_ALLOW_IPS=*", GCN_SETTING_forwarded_allow_ips, "['*']"},
        {"SENDFILE=no", GCN_SETTING_sendfile, "False"},
        {"SENDFILE=0", GCN_SETTING_sendfile, "False"},
        {"SENDFILE=YES", GCN_SETTING_sendfile, "True"},
        {"SENDFILE=", GCN_SETTING_sendfile, "False"},
        {"XPORT=1", GCN_SETTING_bind, "['127.0.0.1:8000']"},
    };
    struct loading *loading = *state;

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        loading->request.env = ENV(cases[i].env);
        assert_string_equal(shown(load_ok(loading, WORDS("app")), cases[i].id), cases[i].expected);
    }
}

static void a_bad_variable_is_an_error_unless_it_is_not_needed(void **state)
{
    struct loading *loading = *state;

    loading->request.env = ENV("WEB_CONCURRENCY=many");
    load_fails(
        loading, WORDS("app"), 1,
        "default, WEB_CONCURRENCY: workers: \"many\": expected a whole number from 0 to 4096");
    load_ok(loading, WORDS("-w", "2", "app"));
    loading->request.env = ENV("WEB_CONCURRENCY=");
    load_fails(loading, WORDS("app"), 1,
               "default, WEB_CONCURRENCY: workers: \"\": expected a whole number from 0 to 4096");
}

static void gcorns_variable_wins_over_gunicorns(void **state)
{
    struct loading *loading = *state;

    loading->request.env = ENV("GUNICORN_CMD_ARGS=-w 3 -t 9", "GCORN_CMD_ARGS=-w 4");
    const struct gcn_settings *settings = load_ok(loading, WORDS("app"));
    assert_int_equal(settings->workers, 4);
    assert_int_equal(settings->timeout, 30);
}

static void the_variables_errors_name_it(void **state)
{
    static const struct {
        const char *env;
        int code;
        const char *message;
    } cases[] = {
        {"GCORN_CMD_ARGS=-w x", 2,
         "environment, GCORN_CMD_ARGS -w: workers: \"x\": expected a whole number from 0 to 4096"},
        {"GCORN_CMD_ARGS=--bar", 2, "environment, GCORN_CMD_ARGS: --bar: there is no such option"},
        {"GUNICORN_CMD_ARGS=-u nobody-here", 1,
         "environment, GUNICORN_CMD_ARGS -u: user: \"nobody-here\": expected a user of this "
         "system"},
        {"GUNICORN_CMD_ARGS=--name 'x", 1, "environment, GUNICORN_CMD_ARGS: a ' is not closed"},
        {"GUNICORN_CMD_ARGS=--help", 2,
         "environment, GUNICORN_CMD_ARGS: only settings have a place here"},
    };
    struct loading *loading = *state;

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        loading->request.env = ENV(cases[i].env);
        load_fails(loading, WORDS("app"), cases[i].code, cases[i].message);
    }
}

static void words_in_the_variable_are_ignored_with_a_notice(void **state)
{
    struct loading *loading = *state;

    loading->request.env = ENV("GCORN_CMD_ARGS=other:app -w 2");
    const struct gcn_settings *settings = load_ok(loading, WORDS("app"));
    assert_string_equal(settings->app, "app");
    assert_int_equal(settings->workers, 2);
    assert_string_equal(settings->notices[0].text,
                        "GCORN_CMD_ARGS: \"other:app\" is no option and is ignored");
}

static void the_argument_wins_over_wsgi_app(void **state)
{
    struct loading *loading = *state;

    loading_write(loading, "gcorn.yaml", "wsgi_app: from.file:app\n");
    const struct gcn_settings *settings = load_ok(loading, WORDS("from.argument"));
    assert_string_equal(settings->app, "from.argument");
    assert_string_equal(settings->default_proc_name, "from.argument");
    assert_string_equal(gcn_settings_proc_name(settings), "from.argument");

    settings = load_ok(loading, (const char *const[]){"gcorn", NULL});
    assert_string_equal(settings->app, "from.file:app");
    assert_string_equal(settings->default_proc_name, "gunicorn");

    settings = load_ok(loading, WORDS("-n", "shop", "app"));
    assert_string_equal(gcn_settings_proc_name(settings), "shop");
}

static void an_app_is_needed(void **state)
{
    load_fails(*state, (const char *const[]){"gcorn", NULL}, 1,
               "command line: no app to serve: name it as MODULE:NAME, or set wsgi_app");
}

static void the_file_is_named_by_the_command_line_then_the_variable(void **state)
{
    struct loading *loading = *state;

    loading_write(loading, "gcorn.yaml", "workers: 2\n");
    loading_write(loading, "a.yaml", "workers: 3\n");
    loading_write(loading, "b.yml", "workers: 4\n");
    assert_int_equal(load_ok(loading, WORDS("app"))->workers, 2);
    loading->request.env = ENV("GUNICORN_CMD_ARGS=-c a.yaml");
    assert_int_equal(load_ok(loading, WORDS("app"))->workers, 3);
    const struct gcn_settings *settings = load_ok(loading, WORDS("app", "-c", "file:b.yml"));
    assert_int_equal(settings->workers, 4);
    assert_string_equal(settings->config + strlen(loading->dir), "/b.yml");
    assert_string_equal(settings->origins[GCN_SETTING_workers].place, "b.yml:1:10");
    assert_int_equal(load_ok(loading, WORDS("app", "-c", ""))->workers, 3); /* empty is absent */
    loading->request.env = NULL;
    assert_int_equal(load_ok(loading, WORDS("app", "-c", "/dev/null"))->workers, 1);
    loading_remove(loading, "a.yaml");
    loading_remove(loading, "b.yml");
}

static void relative_files_are_beside_the_start_whatever_chdir_says(void **state)
{
    struct loading *loading = *state;

    loading_write(loading, "gcorn.yaml", "workers: 2\n");
    const struct gcn_settings *settings = load_ok(loading, WORDS("--chdir", "/", "app"));
    assert_int_equal(settings->workers, 2);
    assert_string_equal(settings->chdir, "/");
}

static void a_missing_file_is_an_error(void **state)
{
    struct loading *loading = *state;
    char message[512];

    snprintf(message, sizeof(message),
             "command line, --config: config: %s/x.yaml: No such file or directory", loading->dir);
    load_fails(loading, WORDS("-c", "x.yaml", "app"), 1, message);
    snprintf(message, sizeof(message), "command line, --config: config: %s is a directory",
             loading->dir);
    load_fails(loading, WORDS("-c", ".", "app"), 1, message);
}

static void every_error_of_a_file_is_reported(void **state)
{
    yaml_fails(
        *state,
        "workers: four\n"
        "worker: 3\n"
        "keep_alive: 5\n"
        "timeout: 30\n"
        "timeout: 31\n"
        "header_map: [x]\n"
        "{a: b}: c\n",
        "config file, gcorn.yaml:5:1: timeout: this key is already at 4:1\n"
        "config file, gcorn.yaml:1:10: workers: \"four\": expected a whole number from 0 to "
        "4096\n"
        "config file, gcorn.yaml:2:1: \"worker\": there is no such setting; did you mean "
        "workers?\n"
        "config file, gcorn.yaml:3:1: \"keep_alive\": there is no such setting; did you mean "
        "keepalive?\n"
        "config file, gcorn.yaml:6:13: header_map: a list: expected one of: drop refuse "
        "dangerous\n"
        "config file, gcorn.yaml:7:1: expected the name of a setting");
}

static void a_file_that_is_no_map_is_an_error(void **state)
{
    yaml_fails(*state, "- workers\n",
               "config file, gcorn.yaml:1:1: expected settings as \"name: value\"");
    yaml_fails(*state, "workers = 4\n",
               "config file, gcorn.yaml:1:1: expected settings as \"name: value\"");
    yaml_fails(*state, "config: other.yaml\n",
               "config file, gcorn.yaml:1:9: config: a config file cannot name another");
    yaml_ok(*state, "");
    yaml_ok(*state, "# nothing yet\n---\n");
}

static void generations_are_compared_setting_by_setting(void **state)
{
    struct loading *loading = *state;

    loading_write(loading, "gcorn.yaml", "bind: [':1']\nproc_name: None\n");
    load_ok(loading, WORDS("app"));
    struct gcn_settings *first = loading->settings;
    loading->settings = NULL;
    loading_write(loading, "gcorn.yaml", "bind: ':1'\nworkers: 2\n");
    const struct gcn_settings *second = load_ok(loading, WORDS("app"));
    assert_true(gcn_settings_equal(first, second, GCN_SETTING_bind));
    assert_true(gcn_settings_equal(first, second, GCN_SETTING_post_fork));
    assert_false(gcn_settings_equal(first, second, GCN_SETTING_workers));
    assert_false(gcn_settings_equal(first, second, GCN_SETTING_proc_name));
    gcn_settings_destroy(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(the_higher_layer_wins_in_every_combination),
        loading_test(lists_are_replaced_not_merged),
        loading_test(variables_are_defaults),
        loading_test(a_bad_variable_is_an_error_unless_it_is_not_needed),
        loading_test(gcorns_variable_wins_over_gunicorns),
        loading_test(the_variables_errors_name_it),
        loading_test(words_in_the_variable_are_ignored_with_a_notice),
        loading_test(the_argument_wins_over_wsgi_app),
        loading_test(an_app_is_needed),
        loading_test(the_file_is_named_by_the_command_line_then_the_variable),
        loading_test(relative_files_are_beside_the_start_whatever_chdir_says),
        loading_test(a_missing_file_is_an_error),
        loading_test(every_error_of_a_file_is_reported),
        loading_test(a_file_that_is_no_map_is_an_error),
        loading_test(generations_are_compared_setting_by_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
