/* SPDX-License-Identifier: MIT */
/*
 * What a reader of Python files may put, and what comes of it. The reader here is in C.
 */
#include "loading.h"

#include <gcorn/config/table.h>

/* What the fake reader does, and what it saw. */
struct script {
    void (*put)(struct gcn_config_sink *sink);
    bool fails;
    char path[256], module[64], shown[256], venv[64];
};

static bool fake_read(void *context, const struct gcn_config_source *source,
                      struct gcn_config_sink *sink, struct gcn_load_failure *failure)
{
    struct script *script = context;

    snprintf(script->path, sizeof(script->path), "%s", source->path == NULL ? "" : source->path);
    snprintf(script->module, sizeof(script->module), "%s",
             source->module == NULL ? "" : source->module);
    snprintf(script->shown, sizeof(script->shown), "%s", source->shown);
    snprintf(script->venv, sizeof(script->venv), "%s", source->venv == NULL ? "" : source->venv);
    if (script->fails) {
        gcn_buf_append_str(&failure->text, "Traceback:\nZeroDivisionError");
        failure->exit_code = 7;
        return false;
    }
    script->put(sink);
    return true;
}

static bool run(struct loading *loading, struct script *script)
{
    struct gcn_config_reader reader = {fake_read, script};

    loading->request.reader = &reader;
    bool ok = loading_run(loading, WORDS("-c", "/dev/fd/0", "app"));
    loading->request.reader = NULL;
    return ok;
}

static const struct gcn_settings *put_ok(void **state, void (*put)(struct gcn_config_sink *sink))
{
    struct loading *loading = *state;
    struct script script = {.put = put};

    if (!run(loading, &script)) {
        fail_msg("not loaded: %s", loading->failure.text.ptr);
    }
    return loading->settings;
}

static void put_fails(void **state, void (*put)(struct gcn_config_sink *sink), const char *message)
{
    struct loading *loading = *state;
    struct script script = {.put = put};

    assert_false(run(loading, &script));
    assert_string_equal(loading->failure.text.ptr, message);
    assert_int_equal(loading->failure.exit_code, 1);
}

static int hook; /* its address stands for a Python object */

static void put_one_of_each(struct gcn_config_sink *sink)
{
    const char *const binds[] = {":1", " :2 "};
    const struct gcn_pair pairs[] = {{"X-A", "on"}};

    gcn_config_put_int(sink, "workers", 3, 4);
    gcn_config_put_bool(sink, "backlog", 4, true);
    gcn_config_put_text(sink, "timeout", 5, "0x1f");
    gcn_config_put_bool(sink, "casefold_http_method", 6, true);
    gcn_config_put_text(sink, "strip_header_spaces", 6, " TRUE ");
    gcn_config_put_none(sink, "proc_name", 7);
    gcn_config_put_text(sink, "wsgi_app", 7, " a:b ");
    gcn_config_put_list(sink, "bind", 8, &(struct gcn_strings){binds, 2});
    gcn_config_put_dict(sink, "secure_scheme_headers", 9, &(struct gcn_pairs){pairs, 1});
    gcn_config_put_bool(sink, "proxy_protocol", 10, true);
    gcn_config_put_text(sink, "umask", 0, "0o22");
    gcn_config_put_text(sink, "os", 12, "a helper");
    gcn_config_put_text(sink, "Workers", 13, "x");
}

static void values_of_every_python_type_arrive(void **state)
{
    const struct gcn_settings *settings = put_ok(state, put_one_of_each);

    assert_int_equal(settings->workers, 4);
    assert_int_equal(settings->backlog, 1);
    assert_int_equal(settings->timeout, 31);
    assert_true(settings->casefold_http_method);
    assert_true(settings->strip_header_spaces);
    assert_null(settings->proc_name);
    assert_string_equal(settings->wsgi_app, "a:b");
    assert_string_equal(shown(settings, GCN_SETTING_bind), "[':1', ':2']");
    assert_string_equal(shown(settings, GCN_SETTING_secure_scheme_headers), "{'X-A': 'on'}");
    assert_int_equal(settings->proxy_protocol, GCN_CHOICE_PROXY_AUTO);
    assert_int_equal(settings->umask, 022);
    assert_string_equal(settings->origins[GCN_SETTING_workers].place, "/dev/fd/0:3");
    assert_string_equal(settings->origins[GCN_SETTING_umask].place, "/dev/fd/0");
}

static void put_wrong_ones(struct gcn_config_sink *sink)
{
    const char *const list[] = {"10.0.0.1"};

    gcn_config_put_none(sink, "workers", 1);
    gcn_config_put_text(sink, "timeout", 2, "017");
    gcn_config_put_int(sink, "casefold_http_method", 3, 1);
    gcn_config_put_text(sink, "strip_header_spaces", 4, "yes");
    gcn_config_put_int(sink, "proc_name", 5, 4);
    gcn_config_put_list(sink, "forwarded_allow_ips", 6, &(struct gcn_strings){list, 1});
    gcn_config_put_int(sink, "proxy_protocol", 7, 1);
    gcn_config_put_text(sink, "umask", 8, "0022");
    gcn_config_put_none(sink, "chdir", 9);
    gcn_config_put_text(sink, "bind", 10, "a:b:c");
    gcn_config_put_error(sink, "pidfile", 11, "%s: expected text", "PosixPath('/run/x')");
}

static void wrong_python_values_are_all_reported(void **state)
{
    put_fails(
        state, put_wrong_ones,
        "config file, /dev/fd/0:1: workers: None: expected a whole number from 0 to 4096\n"
        "config file, /dev/fd/0:2: timeout: 017 begins with 0 and could be octal: leave the 0 out\n"
        "config file, /dev/fd/0:3: casefold_http_method: 1: expected True or False\n"
        "config file, /dev/fd/0:4: strip_header_spaces: \"yes\": expected True or False\n"
        "config file, /dev/fd/0:5: proc_name: 4: expected text\n"
        "config file, /dev/fd/0:6: forwarded_allow_ips: a list: expected text, with commas between "
        "the items\n"
        "config file, /dev/fd/0:7: proxy_protocol: 1: expected one of: off v1 v2 auto\n"
        "config file, /dev/fd/0:8: umask: \"0022\": expected permission bits, as 0o022\n"
        "config file, /dev/fd/0:9: chdir: None: expected the path of a directory\n"
        "config file, /dev/fd/0:10: bind: \"a:b:c\" has more than one colon; an IPv6 address "
        "stands "
        "in brackets: [::1]:8000\n"
        "config file, /dev/fd/0:11: pidfile: PosixPath('/run/x'): expected text");
}

static void put_hooks(struct gcn_config_sink *sink)
{
    gcn_config_put_object(sink, "worker_class", 2, "gunicorn.workers.sync.SyncWorker", &hook);
}

static void objects_are_kept_with_their_name(void **state)
{
    const struct gcn_settings *settings = put_ok(state, put_hooks);

    assert_ptr_equal(settings->worker_class.object, &hook);
    assert_string_equal(settings->worker_class.text, "gunicorn.workers.sync.SyncWorker");
}

static void a_file_that_raises_decides_the_exit_code(void **state)
{
    struct loading *loading = *state;
    struct script script = {.fails = true};

    assert_false(run(loading, &script));
    assert_string_equal(loading->failure.text.ptr, "Traceback:\nZeroDivisionError");
    assert_int_equal(loading->failure.exit_code, 7);
}

static void put_nothing(struct gcn_config_sink *sink)
{
    gcn_config_put_int(sink, "no_setting", 1, 1);
}

static void the_source_names_file_or_module(void **state)
{
    struct loading *loading = *state;
    struct script script = {.put = put_nothing};
    struct gcn_config_reader reader = {fake_read, &script};
    char path[256];

    loading_write(loading, "gunicorn.conf.py", "");
    loading->request.reader = &reader;
    load_ok(loading, WORDS("app"));
    loading_path(loading, "gunicorn.conf.py", path);
    assert_string_equal(script.path, path);
    assert_string_equal(script.shown, "gunicorn.conf.py");
    load_ok(loading, WORDS("-c", "file:./gunicorn.conf.py", "app"));
    assert_string_equal(script.path, path);
    load_ok(loading, WORDS("-c", "python:conf.prod", "app"));
    assert_string_equal(script.path, "");
    assert_string_equal(script.module, "conf.prod");
    assert_string_equal(script.shown, "python:conf.prod");
    assert_string_equal(script.venv, "");
    loading->request.env = ENV("GCORN_CMD_ARGS=--venv /a");
    load_ok(loading, WORDS("app"));
    assert_string_equal(script.venv, "/a");
    load_ok(loading, WORDS("--venv", "/b", "app"));
    assert_string_equal(script.venv, "/b");
    loading->request.env = NULL;

    loading_write(loading, "gcorn.conf.py", "");
    load_ok(loading, WORDS("app"));
    assert_string_equal(script.shown, "gcorn.conf.py");
    loading_remove(loading, "gcorn.conf.py");
    loading_remove(loading, "gunicorn.conf.py");
}

static void without_python_a_python_file_is_refused(void **state)
{
    struct loading *loading = *state;

    load_fails(loading, WORDS("-c", "python:x", "app"), 1,
               "config file, python:x: Python files cannot be read here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(values_of_every_python_type_arrive),
        loading_test(wrong_python_values_are_all_reported),
        loading_test(objects_are_kept_with_their_name),
        loading_test(a_file_that_raises_decides_the_exit_code),
        loading_test(the_source_names_file_or_module),
        loading_test(without_python_a_python_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
