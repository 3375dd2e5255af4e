/* SPDX-License-Identifier: MIT */
/*
 * Every kind from YAML: what it takes, how it is shown, and what is said of a wrong value.
 */
#include "loading.h"

struct yaml_case {
    const char *text;     /* of gcorn.yaml */
    const char *expected; /* as shown, or the message behind "config file, gcorn.yaml:" */
};

static void check_values(void **state, enum gcn_setting_id id, const struct yaml_case *cases,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(shown(yaml_ok(*state, cases[i].text), id), cases[i].expected);
    }
}

static void check_errors(void **state, const struct yaml_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char message[512];
        snprintf(message, sizeof(message), "config file, gcorn.yaml:%s", cases[i].expected);
        yaml_fails(*state, cases[i].text, message);
    }
}

#define CHECK_VALUES(id, cases) check_values(state, id, cases, GCN_COUNT(cases))
#define CHECK_ERRORS(cases)     check_errors(state, cases, GCN_COUNT(cases))

static void whole_numbers(void **state)
{
    static const struct yaml_case values[] = {
        {"workers: 4", "4"},      {"workers: '4'", "4"},  {"workers: 0x1f", "31"},
        {"workers: 0o17", "15"},  {"workers: 1_0", "10"}, {"workers: 0", "0"},
        {"workers: +3 # x", "3"},
    };
    static const struct yaml_case errors[] = {
        {"workers: four", "1:10: workers: \"four\": expected a whole number from 0 to 4096"},
        {"workers: 017", "1:10: workers: 017 begins with 0 and could be octal: leave the 0 out"},
        {"workers: 4.0", "1:10: workers: \"4.0\": expected a whole number from 0 to 4096"},
        {"workers: 4097", "1:10: workers: \"4097\": expected a whole number from 0 to 4096"},
        {"workers: -1", "1:10: workers: \"-1\": expected a whole number from 0 to 4096"},
        {"workers: true", "1:10: workers: \"true\": expected a whole number from 0 to 4096"},
        {"workers:", "1:9: workers: \"\": expected a whole number from 0 to 4096"},
        {"workers: [4]", "1:10: workers: a list: expected a whole number from 0 to 4096"},
        {"max_requests: x", "1:15: max_requests: \"x\": expected a whole number, 0 or more"},
        {"timeout: 30s", "1:10: timeout: \"30s\": expected whole seconds, 0 or more"},
        {"timeout: 12:30", "1:10: timeout: \"12:30\": expected whole seconds, 0 or more"},
        {"timeout: -1", "1:10: timeout: \"-1\": expected whole seconds, 0 or more"},
        {"header_timeout: 0", "1:17: header_timeout: \"0\": expected whole seconds, 1 or more"},
        {"timeout: 9223372036854775808",
         "1:10: timeout: \"9223372036854775808\": expected a number of at most 64 bits"},
        {"access_log_slow: -1", "1:18: access_log_slow: \"-1\": expected seconds, as 2 or 0.5"},
    };
    CHECK_VALUES(GCN_SETTING_workers, values);
    CHECK_ERRORS(errors);
}

/*
 * As people write them for "practically never": they are shown as they are, and bounded where they
 * are used.
 */
static void numbers_that_are_practically_endless(void **state)
{
    static const struct yaml_case values[] = {
        {"timeout: 9999999999", "9999999999"},
        {"timeout: 9223372036854775807", "9223372036854775807"},
    };
    static const char *const others[] = {
        "graceful_timeout", "keepalive", "request_timeout", "header_timeout", "body_timeout",
        "send_timeout", "access_log_slow", "worker_connections", "max_requests",
        "max_requests_jitter", "backlog", "limit_request_line", "limit_request_fields",
        "limit_request_field_size", "limit_request_body", "max_worker_memory",
    };
    char text[64];

    CHECK_VALUES(GCN_SETTING_timeout, values);
    for (size_t i = 0; i < GCN_COUNT(others); i++) {
        snprintf(text, sizeof(text), "%s: 9223372036854775\n", others[i]);
        yaml_ok(*state, text);
    }
    load_fails(*state, WORDS("--timeout", "9223372036854775808", "app"), 1,
               "command line, --timeout: timeout: \"9223372036854775808\": expected a number of at "
               "most 64 bits");
}

static void sizes(void **state)
{
    static const struct yaml_case values[] = {
        {"limit_request_body: 0", "0"},
        {"limit_request_body: 10M", "10M"},
        {"limit_request_body: 1048576", "1M"},
        {"limit_request_body: 1000", "1000"},
    };
    static const struct yaml_case errors[] = {
        {"limit_request_body: 10 MB", "1:21: limit_request_body: \"10 MB\": expected a number of "
                                      "bytes, as 512, 64K, 10M or 1G"},
        {"limit_request_body: -1",
         "1:21: limit_request_body: \"-1\": expected a number of bytes, 0 or more"},
        {"output_buffer_size: 1K",
         "1:21: output_buffer_size: \"1K\": expected a number of bytes from "
         "4096 to 1073741824"},
    };
    CHECK_VALUES(GCN_SETTING_limit_request_body, values);
    CHECK_ERRORS(errors);
}

static void permission_bits(void **state)
{
    static const struct yaml_case values[] = {
        {"umask: 0o022", "0o22"}, {"umask: 022", "0o22"},  {"umask: '0022'", "0o22"},
        {"umask: 18", "0o22"},    {"umask: 0x12", "0o22"}, {"umask: 0", "0"},
    };
    static const struct yaml_case errors[] = {
        {"umask: 08", "1:8: umask: \"08\": expected permission bits, as 022"},
        {"umask: 01000", "1:8: umask: \"01000\": expected permission bits, as 022"},
        {"umask: u=rw", "1:8: umask: \"u=rw\": expected permission bits, as 022"},
    };
    CHECK_VALUES(GCN_SETTING_umask, values);
    CHECK_ERRORS(errors);
}

static void truths(void **state)
{
    static const struct yaml_case values[] = {
        {"casefold_http_method: true", "True"},   {"casefold_http_method: yes", "True"},
        {"casefold_http_method: On", "True"},     {"casefold_http_method: 'true'", "True"},
        {"casefold_http_method: False", "False"}, {"casefold_http_method: no", "False"},
        {"casefold_http_method: off", "False"},   {"casefold_http_method: ~", "False"},
    };
    static const struct yaml_case errors[] = {
        {"casefold_http_method: 1", "1:23: casefold_http_method: \"1\": expected true or false"},
        {"casefold_http_method: y", "1:23: casefold_http_method: \"y\": expected true or false"},
        {"casefold_http_method: {}",
         "1:23: casefold_http_method: an empty map: expected true or false"},
    };
    CHECK_VALUES(GCN_SETTING_casefold_http_method, values);
    CHECK_ERRORS(errors);
}

static void none_leaves_a_truth_to_the_default(void **state)
{
    struct loading *loading = *state;

    loading->request.env = ENV("SENDFILE=0");
    assert_string_equal(shown(yaml_ok(*state, "sendfile: null"), GCN_SETTING_sendfile), "False");
    assert_string_equal(shown(yaml_ok(*state, "sendfile: true"), GCN_SETTING_sendfile), "True");
}

static void texts(void **state)
{
    static const struct yaml_case values[] = {
        {"proc_name: no", "no"},  {"proc_name: 12", "12"},     {"proc_name: ' a b '", "a b"},
        {"proc_name: ~", "None"}, {"proc_name: null", "None"}, {"proc_name: 'null'", "null"},
        {"proc_name:", "None"},   {"proc_name: ''", ""},       {"proc_name: 12:30", "12:30"},
    };
    static const struct yaml_case errors[] = {
        {"proc_name: [a]", "1:12: proc_name: a list: expected text"},
        {"proc_name: {a: b}", "1:12: proc_name: a map: expected text"},
    };
    CHECK_VALUES(GCN_SETTING_proc_name, values);
    CHECK_ERRORS(errors);
    assert_null(yaml_ok(*state, "tmp_upload_dir: ''")->tmp_upload_dir);
}

static void lists_of_addresses_to_listen_on(void **state)
{
    static const struct yaml_case values[] = {
        {"bind: 8000", "['8000']"},
        {"bind: 127.0.0.1:80", "['127.0.0.1:80']"},
        {"bind: [8000, 'unix:/run/x', '[::1]:80']", "['8000', 'unix:/run/x', '[::1]:80']"},
        {"bind:\n- 'fd://3'\n- ' :80 '\n", "['fd://3', ':80']"},
    };
    static const struct yaml_case errors[] = {
        {"bind: [':1', [x]]", "1:7: bind: a list: expected text in each item of the list"},
        {"bind: {a: b}", "1:7: bind: a map: expected text or a list of texts"},
        {"bind: [':1', ~]", "1:7: bind: a list: expected text in each item of the list"},
    };
    CHECK_VALUES(GCN_SETTING_bind, values);
    CHECK_ERRORS(errors);
    assert_false(loading_run(*state, WORDS("-b", "a:1", "-b", "a:99999", "app")));
    assert_contains(((struct loading *)*state)->failure.text.ptr, "command line, -b: bind: ");
    assert_contains(((struct loading *)*state)->failure.text.ptr, "99999");
}

static void variables_for_the_app(void **state)
{
    static const struct yaml_case values[] = {
        {"raw_env: A=b", "['A=b']"},
        {"raw_env: [A=b, 'C=d e']", "['A=b', 'C=d e']"},
        {"raw_env: {A: b, C: 'no', D: no, E: 1, F: , G: a=b}",
         "['A=b', 'C=no', 'D=no', 'E=1', 'F=', 'G=a=b']"},
        {"env: {A: b}", "['A=b']"},
        {"env:", "[]"},
    };
    static const struct yaml_case errors[] = {
        {"raw_env: [A=b, C]", "1:10: raw_env: \"C\": expected NAME=VALUE"},
        {"raw_env: [=b]", "1:10: raw_env: \"=b\": expected NAME=VALUE"},
        {"env: {'': b}", "1:6: raw_env: \"\": expected a name without = for each value"},
        {"env: {A=B: c}", "1:6: raw_env: \"A=B\": expected a name without = for each value"},
        {"env: {A: [b]}", "1:6: raw_env: a map: expected text for each name and value"},
        {"raw_env: [{A: b}]", "1:10: raw_env: a list: expected text in each item of the list"},
        {"raw_env: []\nenv: {}", "2:6: raw_env: is already set at gcorn.yaml:1:10"},
    };
    CHECK_VALUES(GCN_SETTING_raw_env, values);
    CHECK_ERRORS(errors);
}

static void networks(void **state)
{
    static const struct yaml_case values[] = {
        {"forwarded_allow_ips: '*'", "['*']"},
        {"forwarded_allow_ips: 10.0.0.0/8, ::1 ,", "['10.0.0.0/8', '::1']"},
        {"forwarded_allow_ips: [10.0.0.0/8, '::1']", "['10.0.0.0/8', '::1']"},
        {"forwarded_allow_ips: ''", "[]"},
        {"forwarded_allow_ips: ~", "[]"},
    };
    static const struct yaml_case errors[] = {
        {"forwarded_allow_ips: {}", "1:22: forwarded_allow_ips: an empty map: expected text, with "
                                    "commas between the items"},
        {"forwarded_allow_ips: ['::1,::2']", "1:22: forwarded_allow_ips: a list: expected text "
                                             "without commas in each item of the list"},
    };
    CHECK_VALUES(GCN_SETTING_forwarded_allow_ips, values);
    CHECK_ERRORS(errors);
    assert_false(loading_run(*state, WORDS("--proxy-allow-from", "::1,10.0.0.1/8", "app")));
    assert_contains(((struct loading *)*state)->failure.text.ptr,
                    "command line, --proxy-allow-from: proxy_allow_ips: ");
    assert_contains(((struct loading *)*state)->failure.text.ptr, "10.0.0.1/8");
}

static void comma_separated_words(void **state)
{
    static const struct yaml_case values[] = {
        {"forwarder_headers: a, B ,,c", "['a', 'B', 'c']"},
        {"forwarder_headers: [a, B]", "['a', 'B']"},
        {"forwarder_headers: ''", "[]"},
    };
    static const struct yaml_case protocols[] = {
        {"http_protocols: H1", "['h1']"},
        {"http_protocols: ','", "['h1']"},
        {"http_protocols:", "['h1']"},
    };
    static const struct yaml_case errors[] = {
        {"http_protocols: h1,h4", "1:17: http_protocols: \"h4\": expected one of: h1 h2 h3"},
        {"http_protocols: h1,H1", "1:17: http_protocols: h1 is there twice"},
        {"forwarder_headers: {a: b}",
         "1:20: forwarder_headers: a map: expected text, with commas between the items"},
    };
    CHECK_VALUES(GCN_SETTING_forwarder_headers, values);
    CHECK_VALUES(GCN_SETTING_http_protocols, protocols);
    CHECK_ERRORS(errors);
}

static void choices(void **state)
{
    static const struct yaml_case values[] = {
        {"proxy_protocol: V1", "v1"},   {"proxy_protocol: true", "auto"},
        {"proxy_protocol: off", "off"}, {"proxy_protocol: ~", "off"},
        {"proxy_protocol: 0", "off"},   {"proxy_protocol: 'False'", "off"},
    };
    static const struct yaml_case maps[] = {
        {"header_map: REFUSE", "refuse"},
        {"header_map: ' drop '", "drop"},
        {"header_map:", "refuse"}, /* as gunicorn: None is the strict one */
    };
    static const struct yaml_case errors[] = {
        {"proxy_protocol: v3", "1:17: proxy_protocol: \"v3\": expected one of: off v1 v2 auto"},
        {"header_map: [drop]", "1:13: header_map: a list: expected one of: drop refuse dangerous"},
        {"reload_engine: Auto",
         "1:16: reload_engine: \"Auto\": expected one of: auto poll inotify"},
    };
    CHECK_VALUES(GCN_SETTING_proxy_protocol, values);
    CHECK_VALUES(GCN_SETTING_header_map, maps);
    CHECK_ERRORS(errors);
}

static void an_unknown_log_level_is_info_with_a_warning(void **state)
{
    const struct gcn_settings *settings = yaml_ok(*state, "loglevel: verbose");

    assert_string_equal(shown(settings, GCN_SETTING_loglevel), "info");
    assert_int_equal(settings->n_notices, 1);
    assert_int_equal(settings->notices[0].level, GCN_LOG_WARN);
    assert_string_equal(
        settings->notices[0].text,
        "gcorn.yaml:1:11: loglevel: \"verbose\" is none of: debug info warning error "
        "critical; info is used");
    assert_string_equal(shown(yaml_ok(*state, "loglevel: WARN"), GCN_SETTING_loglevel), "warning");
}

static void maps_of_texts(void **state)
{
    static const struct yaml_case values[] = {
        {"secure_scheme_headers: {X-A: on, B: 'y'}", "{'X-A': 'on', 'B': 'y'}"},
        {"secure_scheme_headers: {}", "{}"},
    };
    static const struct yaml_case errors[] = {
        {"secure_scheme_headers: [a]",
         "1:24: secure_scheme_headers: a list: expected a map of texts to texts"},
        {"secure_scheme_headers:",
         "1:23: secure_scheme_headers: \"\": expected a map of texts to texts"},
        {"secure_scheme_headers: {a: [b]}",
         "1:24: secure_scheme_headers: a map: expected text for each name and value"},
    };
    CHECK_VALUES(GCN_SETTING_secure_scheme_headers, values);
    CHECK_ERRORS(errors);
}

static void users_and_groups(void **state)
{
    static const struct yaml_case values[] = {{"user: root", "0"}, {"user: 12", "12"}};
    static const struct yaml_case groups[] = {{"group: root", "0"}, {"group: '34'", "34"}};
    static const struct yaml_case errors[] = {
        {"user: no-such-user", "1:7: user: \"no-such-user\": expected a user of this system"},
        {"user: 4294967295", "1:7: user: \"4294967295\": expected a user's name or its number"},
        {"user: [root]", "1:7: user: a list: expected a user's name or its number"},
        {"group: no-such-group", "1:8: group: \"no-such-group\": expected a group of this system"},
    };
    CHECK_VALUES(GCN_SETTING_user, values);
    CHECK_VALUES(GCN_SETTING_group, groups);
    CHECK_ERRORS(errors);
    assert_int_equal(yaml_ok(*state, "user: ~")->user, geteuid());
}

static void directories_become_absolute_and_exist(void **state)
{
    struct loading *loading = *state;
    char message[512];

    assert_string_equal(yaml_ok(*state, "chdir: .")->chdir, loading->dir);
    assert_string_equal(yaml_ok(*state, "chdir: ../../tmp/")->chdir, "/tmp");
    snprintf(message, sizeof(message),
             "config file, gcorn.yaml:1:8: chdir: \"nope\": expected an existing directory, but "
             "%s/nope: No such file or directory",
             loading->dir);
    yaml_fails(*state, "chdir: nope", message);
    snprintf(message, sizeof(message),
             "config file, gcorn.yaml:1:8: chdir: \"gcorn.yaml\": expected a directory, but "
             "%s/gcorn.yaml is none",
             loading->dir);
    yaml_fails(*state, "chdir: gcorn.yaml", message);
    yaml_fails(*state, "chdir:",
               "config file, gcorn.yaml:1:7: chdir: \"\": expected the path of a directory");
}

static void hooks_are_named(void **state)
{
    static const struct yaml_case errors[] = {
        {"on_starting: hooks", "1:14: on_starting: \"hooks\": expected the name of a function as "
                               "\"module:name\""},
        {"on_starting: 'a:b:c'", "1:14: on_starting: \"a:b:c\": expected the name of a function as "
                                 "\"module:name\""},
        {"on_starting: 'a b:c'", "1:14: on_starting: \"a b:c\": expected the name of a function as "
                                 "\"module:name\""},
        {"on_starting: [a]", "1:14: on_starting: a list: expected the name of a function as "
                             "\"module:name\""},
    };
    CHECK_ERRORS(errors);
    assert_null(yaml_ok(*state, "on_starting: ~")->on_starting.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(whole_numbers),
        loading_test(numbers_that_are_practically_endless),
        loading_test(sizes),
        loading_test(permission_bits),
        loading_test(truths),
        loading_test(none_leaves_a_truth_to_the_default),
        loading_test(texts),
        loading_test(lists_of_addresses_to_listen_on),
        loading_test(variables_for_the_app),
        loading_test(networks),
        loading_test(comma_separated_words),
        loading_test(choices),
        loading_test(an_unknown_log_level_is_info_with_a_warning),
        loading_test(maps_of_texts),
        loading_test(users_and_groups),
        loading_test(directories_become_absolute_and_exist),
        loading_test(hooks_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
