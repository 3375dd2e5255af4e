/* SPDX-License-Identifier: MIT */
/*
 * Config files in Python: what each kind of value becomes, and what is said of those that are
 * wrong.
 */
#include "harness/check.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/log.h>
#include <gcorn/config/load.h>
#include <gcorn/python/configfile.h>
#include <gcorn/python/python.h>

/* Process. */
static char dir[] = "/tmp/gcorn-test-conf-XXXXXX";
static struct gcn_buf logged;
static int number; /* of the file written last: an edit in the same second must be seen */

static void keep_line(GCN_UNUSED void *context, GCN_UNUSED enum gcn_log_level level,
                      const char *line, size_t len, size_t offset)
{
    gcn_buf_append(&logged, line + offset, len - offset);
}

static int start(GCN_UNUSED void **state)
{
    gcn_log_set_writer(keep_line, NULL);
    return mkdtemp(dir) == NULL ? -1 : 0;
}

static int stop(GCN_UNUSED void **state)
{
    char command[128];

    gcn_py_stop();
    gcn_buf_finish(&logged);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static void write_file(const char *name, const char *text)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Load with `-c config`. NULL if that failed: then *failure says why. */
static struct gcn_settings *load(const char *config, struct gcn_load_failure *failure)
{
    static const char *const argv[] = {"gcorn", NULL};
    static const char *const env[] = {NULL};
    const char *const args[] = {"gcorn", "-c", config, "app:app", NULL};
    const struct gcn_load_request request = {
        .argv = args, .env = env, .start_dir = dir, .reader = gcn_py_config_reader(argv)};
    struct gcn_settings *settings = NULL;

    logged.len = 0;
    return gcn_settings_load(&settings, &request, failure) ? settings : NULL;
}

static struct gcn_settings *load_text(const char *text, struct gcn_load_failure *failure)
{
    char name[32];

    snprintf(name, sizeof(name), "conf%d.py", number++);
    write_file(name, text);
    return load(name, failure);
}

static struct gcn_settings *load_ok(const char *text)
{
    struct gcn_load_failure failure = {0};
    struct gcn_settings *settings = load_text(text, &failure);

    if (settings == NULL) {
        fail_msg("%s", failure.text.ptr);
    }
    return settings;
}

static void values_of_every_kind_are_taken(GCN_UNUSED void **state)
{
    struct gcn_settings *settings = load_ok("import os\n"
                                            "bind = ('127.0.0.1:1', 'unix:/x')\n"
                                            "workers = len('abc')\n"
                                            "sendfile = False\n"
                                            "timeout = '0x10'\n"
                                            "umask = 0o022\n"
                                            "proc_name = 'name'\n"
                                            "pythonpath = None\n"
                                            "loglevel = 'debug'\n"
                                            "raw_env = (f'{name}=b' for name in 'AC')\n"
                                            "forwarded_allow_ips = '*'\n"
                                            "secure_scheme_headers = {'X-A': 'b'}\n"
                                            "worker_class = 'gthread'\n"
                                            "threads = True\n"
                                            "accesslog = os.devnull\n"
                                            "def helper(): pass\n"
                                            "Workers = 'ignored'\n"
                                            "no_such_setting = object()\n");

    assert_int_equal(settings->bind.n, 2);
    assert_string_equal(settings->bind.items[1], "unix:/x");
    assert_int_equal(settings->workers, 3);
    assert_false(settings->sendfile);
    assert_int_equal(settings->timeout, 16);
    assert_int_equal(settings->umask, 022);
    assert_string_equal(settings->proc_name, "name");
    assert_null(settings->pythonpath);
    assert_int_equal(settings->loglevel, GCN_CHOICE_LOG_DEBUG);
    assert_string_equal(settings->raw_env.items[0], "A=b");
    assert_string_equal(settings->raw_env.items[1], "C=b");
    assert_string_equal(settings->secure_scheme_headers.items[0].value, "b");
    assert_string_equal(settings->worker_class.text, "gthread");
    assert_int_equal(settings->threads, 1);
    assert_string_equal(settings->accesslog, "/dev/null");
    gcn_settings_destroy(settings);
}

/*
 * What of a path is no UTF-8 is shown as Python shows it, in the traceback and before the reason.
 */
static void a_path_need_not_be_utf_8(GCN_UNUSED void **state)
{
    struct gcn_load_failure failure = {0};

    write_file("c\xff.py", "import os\nproc_name = str(len(os.fsencode(__file__)))\n");
    struct gcn_settings *settings = load("c\xff.py", &failure);
    assert_non_null(settings);
    assert_int_equal(atoi(settings->proc_name), strlen(dir) + strlen("/c\xff.py"));
    gcn_settings_destroy(settings);

    write_file("d\xff.py", "workers = 1 / 0\n");
    assert_null(load("d\xff.py", &failure));
    assert_contains(failure.text.ptr, "d\\udcff.py: ZeroDivisionError: division by zero");
    assert_contains(logged.ptr, "/d\\udcff.py\", line 1");
    gcn_buf_finish(&failure.text);
}

static void the_place_of_a_value_is_its_line(GCN_UNUSED void **state)
{
    struct gcn_settings *settings = load_ok("workers = 1\n"
                                            "if True:\n"
                                            "    workers = 2\n"
                                            "def f():\n"
                                            "    workers = 3\n");

    assert_int_equal(settings->workers, 2);
    assert_contains(settings->origins[GCN_SETTING_workers].place, ".py:3");
    gcn_settings_destroy(settings);
}

static void a_file_is_a_module_of_its_own(GCN_UNUSED void **state)
{
    write_file("beside.py", "value = 7\n");
    struct gcn_settings *settings =
        load_ok("import os, sys\n"
                "from beside import value as workers\n"
                "assert __name__ == '__config__', __name__\n"
                "assert __file__ == os.path.join(os.getcwd(), os.path.basename(__file__))\n"
                "assert sys.modules['__config__'].__dict__ is globals()\n"
                "assert sys.argv == ['gcorn'], sys.argv\n"
                "os.environ['GCORN_TEST_SET'] = 'yes'\n");

    assert_int_equal(settings->workers, 7);
    assert_string_equal(getenv("GCORN_TEST_SET"), "yes");
    gcn_settings_destroy(settings);
}

static void an_edited_file_is_read_anew(GCN_UNUSED void **state)
{
    struct gcn_load_failure failure = {0};

    for (int64_t i = 1; i < 4; i++) {
        char text[64];
        snprintf(text, sizeof(text), "workers = %d\n", (int)i);
        write_file("same.py", text);
        struct gcn_settings *settings = load("same.py", &failure);
        assert_non_null(settings);
        assert_int_equal(settings->workers, i);
        gcn_settings_destroy(settings);
    }
}

static void a_module_is_read_anew_too(GCN_UNUSED void **state)
{
    struct gcn_load_failure failure = {0};

    for (int64_t i = 1; i < 4; i++) {
        char text[128];
        snprintf(text, sizeof(text), "workers = %d\n", (int)i);
        for (int pad = 0; pad < i; pad++) {
            strcat(text, "#\n"); /* another size, for the cache of byte code */
        }
        write_file("confmodule.py", text);
        struct gcn_settings *settings = load("python:confmodule", &failure);
        assert_non_null(settings);
        assert_int_equal(settings->workers, i);
        gcn_settings_destroy(settings);
    }
}

static const struct row {
    const char *text, *said, *logged;
    int code;
} rows[] = {
    {"raise ValueError('oops')\n", "ValueError: oops", "line 1, in <module>", 1},
    {"workers = (\n", ".py: SyntaxError: ", "workers = (", 1},
    {"import no_such_module\n", "No module named 'no_such_module'", "line 1", 1},
    {"import sys\nsys.exit(5)\n", "called sys.exit(5)", NULL, 5},
    {"import sys\nsys.exit('why')\n", "called sys.exit('why')", NULL, 1},
    {"workers = 1.5\n", ".py:1: workers: 1.5: expected no float", NULL, 1},
    {"proc_name = 1.5\n", ".py:1: proc_name: 1.5: expected no float", NULL, 1},
    {"workers = 10**30\n", "expected a number of at most 64 bits", NULL, 1},
    {"import pathlib\nchdir = pathlib.Path('/tmp')\n",
     ".py:2: chdir: PosixPath('/tmp'): expected a text", NULL, 1},
    {"bind = ['a', 8000]\n", ".py:1: bind: 8000 in the list: expected only texts", NULL, 1},
    {"import sys\naccesslog = sys.stdout\n", ".py:2: accesslog: <", NULL, 1},
    {"import sys\nbind = sys.stdout\n", "expected a text, a number, a truth, a list", NULL, 1},
    {"bind = (1 / 0 for i in 'x')\n", ".py:1: bind: <generator", NULL, 1},
    {"bind = object()\n", "expected a text, a number, a truth, a list or a dictionary", NULL, 1},
    {"secure_scheme_headers = {'a': 1}\n", "expected texts as keys and as values", NULL, 1},
    {"proc_name = 'a\\0b'\n", "has a NUL", NULL, 1},
    {"proc_name = '\\ud800'\n", "the text is not valid Unicode", NULL, 1},
    {"\n\ndef post_fork(server): pass\n",
     ".py:3: post_fork: post_fork must take 2 positional arguments", NULL, 1},
    {"post_request = lambda a: None\n", "post_request: <lambda> must take 2 to 4", NULL, 1},
    {"post_fork = 5\n", "post_fork: 5 is not callable", NULL, 1},
    {"post_fork = 'no_such.function'\n", "No module named 'no_such'", NULL, 1},
    {"post_fork = 'os.no_such'\n", "no attribute 'no_such'", NULL, 1},
    {"post_fork = 'hook'\n", "post_fork: 'hook': expected a name as \"module:name\"", NULL, 1},
    {"post_fork = ''\n", "post_fork: '': expected a name as \"module:name\"", NULL, 1},
    {"post_fork = 'os:'\n", "post_fork: 'os:': expected a name as \"module:name\"", NULL, 1},
    {"worker_class = 5\n", "worker_class: 5: expected a class or its name", NULL, 1},
};

static void wrong_files_are_explained(GCN_UNUSED void **state)
{
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        struct gcn_load_failure failure = {0};
        assert_null(load_text(rows[i].text, &failure));
        assert_contains(failure.text.ptr, rows[i].said);
        assert_contains(failure.text.ptr, "conf");
        assert_int_equal(failure.exit_code, rows[i].code);
        gcn_buf_append(&logged, "", 0);
        if (rows[i].logged != NULL) {
            assert_contains(logged.ptr, rows[i].logged);
            assert_null(strstr(logged.ptr, "<gcorn>"));
        }
        gcn_load_failure_finish(&failure);
    }
}

static void every_wrong_value_is_told_at_once(GCN_UNUSED void **state)
{
    struct gcn_load_failure failure = {0};

    assert_null(load_text("workers = 'many'\ntimeout = []\npost_fork = 1\n", &failure));
    assert_contains(failure.text.ptr, ".py:1: workers");
    assert_contains(failure.text.ptr, ".py:2: timeout");
    assert_contains(failure.text.ptr, ".py:3: post_fork");
    gcn_load_failure_finish(&failure);
}

static void gunicorn_can_be_imported_and_renamed(GCN_UNUSED void **state)
{
    gcn_settings_destroy(load_ok("import gunicorn\n"
                                 "from gunicorn import glogging, util\n"
                                 "import gunicorn.workers.base, gunicorn.http.message\n"
                                 "from gunicorn.workers.gthread import ThreadWorker\n"
                                 "from gunicorn.workers.sync import SyncWorker\n"
                                 "from gunicorn.app.base import BaseApplication\n"
                                 "from gunicorn.config import Config\n"
                                 "from gunicorn.arbiter import Arbiter\n"
                                 "from gunicorn.instrument.statsd import Statsd\n"
                                 "from gunicorn.errors import HaltServer\n"
                                 "class L(glogging.Logger):\n"
                                 "    def access(self, *args): pass\n"
                                 "assert util.parse_address('[::1]:80') == ('::1', 80)\n"
                                 "assert util.parse_address('unix:/x') == '/x'\n"
                                 "assert gunicorn.version_info > (20,)\n"));
    assert_null(gcn_py_config_server_field());
    gcn_settings_destroy(load_ok("import gunicorn\ngunicorn.SERVER = 'mine'\n"));
    assert_string_equal(gcn_py_config_server_field(), "mine");
    gcn_settings_destroy(load_ok("import gunicorn\ngunicorn.SERVER = ''\n"));
    assert_string_equal(gcn_py_config_server_field(), "");
    gcn_settings_destroy(load_ok("import gunicorn\ngunicorn.SERVER = 'a\\r\\nb'\n"));
    assert_null(gcn_py_config_server_field());
    gcn_settings_destroy(load_ok("import gunicorn\ngunicorn.SERVER = 'gcorn'\n"));
}

static void names_that_gunicorn_has_and_gcorn_not_are_refused(GCN_UNUSED void **state)
{
    struct gcn_load_failure failure = {0};

    assert_null(load_text("from gunicorn.workers.ggevent import GeventWorker\n", &failure));
    assert_contains(failure.text.ptr, "stands in for gunicorn here and has no gunicorn.workers.ggevent");
    gcn_load_failure_finish(&failure);
    assert_null(load_text("from gunicorn.app.wsgiapp import run\nrun()\n", &failure));
    assert_contains(failure.text.ptr, "gcorn is started by its command");
    gcn_load_failure_finish(&failure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_kind_are_taken),
        cmocka_unit_test(a_path_need_not_be_utf_8),
        cmocka_unit_test(the_place_of_a_value_is_its_line),
        cmocka_unit_test(a_file_is_a_module_of_its_own),
        cmocka_unit_test(an_edited_file_is_read_anew),
        cmocka_unit_test(a_module_is_read_anew_too),
        cmocka_unit_test(wrong_files_are_explained),
        cmocka_unit_test(every_wrong_value_is_told_at_once),
        cmocka_unit_test(gunicorn_can_be_imported_and_renamed),
        cmocka_unit_test(names_that_gunicorn_has_and_gcorn_not_are_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
