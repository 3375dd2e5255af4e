/* SPDX-License-Identifier: MIT */
/*
 * Rules between settings, and settings whose feature is not there.
 */
#include "loading.h"

#include <gcorn/base/compiler.h>
#include <gcorn/config/table.h>

static void worker_classes_are_known_by_all_their_names(void **state)
{
    static const struct {
        const char *name;
        enum gcn_executor_kind executor;
    } cases[] = {
        {"sync", GCN_EXECUTOR_INLINE},
        {"#sync", GCN_EXECUTOR_INLINE},
        {"egg:gunicorn#sync", GCN_EXECUTOR_INLINE},
        {"gunicorn.workers.sync.SyncWorker", GCN_EXECUTOR_INLINE},
        {"gthread", GCN_EXECUTOR_THREADS},
        {"gunicorn.workers.gthread.ThreadWorker", GCN_EXECUTOR_THREADS},
    };

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const struct gcn_settings *settings = load_ok(*state, WORDS("-k", cases[i].name, "app"));
        assert_int_equal(gcn_settings_executor(settings), cases[i].executor);
    }
    assert_int_equal(gcn_settings_executor(load_ok(*state, WORDS("--threads", "2", "app"))),
                     GCN_EXECUTOR_THREADS);
}

static void other_worker_classes_are_refused(void **state)
{
    load_fails(*state, WORDS("-k", "gevent", "app"), 1,
               "command line, -k: worker_class: gevent: not in this version: the gevent worker");
    load_fails(*state, WORDS("-k", "my.Worker", "app"), 1,
               "command line, -k: worker_class: my.Worker: expected sync or gthread; other worker "
               "classes cannot run here");
    load_fails(*state, WORDS("-k", "gthread", "--threads", "0", "app"), 1,
               "command line, --threads: threads: 0: expected 1 or more with the gthread worker");
    load_ok(*state, WORDS("--threads", "0", "app"));
}

static void what_is_missing_stops_the_start_unless_it_is_the_default(void **state)
{
    load_fails(
        *state, WORDS("--dirty-workers", "2", "app"), 1,
        "command line, --dirty-workers: dirty_workers: 2: not in this version: dirty arbiters");
    load_ok(*state, WORDS("--dirty-workers", "0", "--protocol", "http", "app"));
    yaml_ok(*state, "root_path:\n"); /* as os.environ.get() has it in Python */
    yaml_fails(
        *state, "protocol: uwsgi\ndirty_apps: [a]\n",
        "config file, gcorn.yaml:2:13: dirty_apps: ['a']: not in this version: dirty arbiters\n"
        "config file, gcorn.yaml:1:11: protocol: uwsgi: not in this version: the uwsgi "
        "protocol");
}

static void what_is_pointless_is_a_notice(void **state)
{
    const struct gcn_settings *settings =
        load_ok(*state, WORDS("--worker-tmp-dir", "/dev/shm", "--http-parser=fast", "app"));

    assert_int_equal(settings->n_notices, 2);
    assert_int_equal(settings->notices[0].level, GCN_LOG_INFO);
    assert_string_equal(settings->notices[0].text,
                        "http_parser has no effect here: there is one parser, and it is fast");
    assert_string_equal(settings->worker_tmp_dir, "/dev/shm");
    assert_int_equal(load_ok(*state, WORDS("--http-parser=auto", "app"))->n_notices, 0);
}

static void details_of_tls_stop_nothing_without_it(void **state)
{
    static const char detail[] = "has no effect here: it goes with certfile, and TLS is not in this version";
    const struct gcn_settings *settings =
        load_ok(*state, WORDS("--ciphers", "TLSv1", "--cert-reqs=2", "--do-handshake-on-connect", "app"));

    assert_int_equal(settings->n_notices, 3);
    for (size_t i = 0; i < settings->n_notices; i++) {
        assert_int_equal(settings->notices[i].level, GCN_LOG_INFO);
        assert_contains(settings->notices[i].text, detail);
    }
    load_fails(*state, WORDS("--ciphers", "TLSv1", "--keyfile", "x", "app"), 1,
               "command line, --keyfile: keyfile: x: not in this version: TLS");
    assert_int_equal(yaml_ok(*state, "ssl_context: shop.tls:context\n")->n_notices, 1);
}

static void a_directory_for_uploads_that_is_not_there_is_warned_of(void **state)
{
    const struct gcn_settings *settings = yaml_ok(*state, "tmp_upload_dir: no/such\n");

    assert_int_equal(settings->n_notices, 1);
    assert_int_equal(settings->notices[0].level, GCN_LOG_WARN);
    assert_contains(settings->notices[0].text, "/no/such: No such file or directory; request bodies larger than ");
    assert_int_equal(yaml_ok(*state, "tmp_upload_dir: .\n")->n_notices, 0);
}

static void assert_notice(const struct gcn_settings *settings, size_t i, const char *setting)
{
    char text[128];

    snprintf(text, sizeof(text), "%s: - leads nowhere once a daemon has started; ", setting);
    assert_true(settings->n_notices > i);
    assert_int_equal(settings->notices[i].level, GCN_LOG_WARN);
    assert_contains(settings->notices[i].text, text);
}

static void a_daemon_without_logs_is_warned_of(void **state)
{
    static const char *const good[][6] = {
        {"gcorn", "--access-logfile", "-", "app"},
        {"gcorn", "-D", "--log-file", "x", "app"},
        {"gcorn", "-D", "--log-syslog", "--access-logfile", "-", "app"},
        {"gcorn", "-D", "-R", "--access-logfile", "-", "app"},
        {"gcorn", "-D", "--logger-class", "x.Logger", "app"},
    };

    for (size_t i = 0; i < GCN_COUNT(good); i++) {
        const char *words[GCN_COUNT(good[i]) + 1] = {NULL};
        memcpy(words, good[i], sizeof(good[i]));
        assert_int_equal(load_ok(*state, words)->n_notices, 0);
    }
    assert_notice(load_ok(*state, WORDS("-D", "app")), 0, "errorlog");
    const struct gcn_settings *both =
        load_ok(*state, WORDS("-D", "--capture-output", "--access-logfile", "-", "app"));
    assert_notice(both, 0, "errorlog");
    assert_notice(both, 1, "accesslog");
    assert_notice(load_ok(*state, WORDS("-D", "--log-file", "x", "--access-logfile", "-", "app")), 0, "accesslog");
    assert_int_equal(load_ok(*state, WORDS("-D", "--log-file", "x", "--access-logfile", "-",
                                           "--capture-output", "app"))->n_notices, 0);
}

static void the_access_log_is_checked_before_it_is_opened(void **state)
{
    load_ok(*state, WORDS("--access-logformat", "%(h)s %({x-a}i)s", "app"));
    assert_contains(yaml_ok(*state, "access_log_format:\n")->access_log_format, "%(h)s %(l)s");
    yaml_ok(*state, "");
    load_ok(*state, WORDS("--access-logformat", "json", "--access-log-status", "404,5xx", "app"));
    assert_false(loading_run(*state, WORDS("--access-logformat", "%(h", "app")));
    assert_contains(((struct loading *)*state)->failure.text.ptr,
                    "command line, --access-logformat: access_log_format: ");
    assert_false(loading_run(*state, WORDS("--access-log-status", "4x", "app")));
    assert_contains(((struct loading *)*state)->failure.text.ptr,
                    "command line, --access-log-status: access_log_status: \"4x\": expected a status ");
}

static void own_formats_are_not_for_a_logger_in_python(void **state)
{
    static const char message[] = "access_log_format: json: gcorn's own formats are not for Python's "
                                  "logging (logconfig)";

    load_ok(*state, WORDS("--access-logformat", "combined", "--log-config", "/dev/null", "app"));
    load_ok(*state, WORDS("--access-logformat", "json", "--logger-class",
                          "gunicorn.glogging.Logger", "app"));
    assert_false(loading_run(
        *state, WORDS("--access-logformat", "json", "--log-config", "/dev/null", "app")));
    assert_contains(((struct loading *)*state)->failure.text.ptr, message);
}

static void where_logs_and_metrics_go_is_checked_with_its_place(void **state)
{
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"syslog: yes\nsyslog_addr: udp://localhost:x\n",
         ":2:14: syslog_addr: \"localhost:x\": expected HOST, HOST:PORT or [IPV6]:PORT"},
        {"syslog: yes\nsyslog_addr: udp://no such host\n",
         ":2:14: syslog_addr: cannot look up the host \"no such host\": "},
        {"syslog: yes\nsyslog_facility: nobody\n",
         ":2:18: syslog_facility: \"nobody\": expected user, daemon, "},
        {"statsd_host: a:b\n",
         ":1:14: statsd_host: \"a:b\": expected HOST, HOST:PORT or [IPV6]:PORT"},
        {"statsd_host: a\nstatsd_prefix: "
         "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
         "pppppppppp\n",
         ":2:16: statsd_prefix: \"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
         "pppppppppppppppppppp\"…: expected at most 100 bytes"},
        {"logconfig: none.ini\n",
         ":1:12: logconfig: none.ini: expected a file that can be read, but /"},
        {"logconfig_json: none.json\n",
         "none.json: No such file or directory"},
    };
    struct loading *loading = *state;

    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        loading_write(loading, "gcorn.yaml", cases[i].yaml);
        assert_false(loading_run(loading, WORDS("app")));
        assert_contains(loading->failure.text.ptr, "config file, gcorn.yaml:");
        assert_contains(loading->failure.text.ptr, cases[i].message);
    }
}

static void what_is_not_used_is_not_checked(void **state)
{
    yaml_ok(*state, "syslog_addr: nonsense\nsyslog_facility: nobody\n");
    yaml_ok(*state, "statsd_host: no such host\n"); /* looked up by the start, which goes on */
    yaml_ok(*state, "logconfig: none.ini\nlogconfig_json: /dev/null\n");
    yaml_ok(*state, "logconfig: none.ini\nlogconfig_dict: {version: 1}\n");
    yaml_ok(*state, "logconfig: none.ini\nlogger_class: shop.Logger\n");
}

static void none_is_the_default_of_what_cannot_be_none(void **state)
{
    const struct gcn_settings *settings =
        yaml_ok(*state, "syslog: yes\nsyslog_addr:\nsyslog_facility:\nstatsd_host: a\n"
                        "statsd_prefix:\ndogstatsd_tags:\n");

    assert_string_equal(settings->syslog_addr, "udp://localhost:514");
    assert_string_equal(settings->syslog_facility, "user");
    assert_string_equal(settings->statsd_prefix, "");
    assert_string_equal(settings->dogstatsd_tags, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(worker_classes_are_known_by_all_their_names),
        loading_test(other_worker_classes_are_refused),
        loading_test(what_is_missing_stops_the_start_unless_it_is_the_default),
        loading_test(what_is_pointless_is_a_notice),
        loading_test(a_daemon_without_logs_is_warned_of),
        loading_test(details_of_tls_stop_nothing_without_it),
        loading_test(a_directory_for_uploads_that_is_not_there_is_warned_of),
        loading_test(the_access_log_is_checked_before_it_is_opened),
        loading_test(own_formats_are_not_for_a_logger_in_python),
        loading_test(where_logs_and_metrics_go_is_checked_with_its_place),
        loading_test(what_is_not_used_is_not_checked),
        loading_test(none_is_the_default_of_what_cannot_be_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
