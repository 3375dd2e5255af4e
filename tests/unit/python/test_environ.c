/* SPDX-License-Identifier: MIT */
/*
 * The environ: every key, from every source, and that nothing of one request is seen by another.
 */
#include "harness/check.h"

#include <sys/socket.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>

#include "harness/pystage.h"

static struct gcn_stage *const stage = &gcn_pystage.stage;

static int start(GCN_UNUSED void **state)
{
    return gcn_pystage_start(GCORN_TEST_APPS) < 0 ? -1 : gcn_pystage_load("environs");
}

static int stop(GCN_UNUSED void **state)
{
    return gcn_pystage_stop();
}

/* The environ that the request gives, a line each, with a line end before the first one. */
static const char *dump(const char *request)
{
    char *body = (char *)gcn_pystage_body(gcn_pystage_play_text(request));
    body[-1] = '\n';
    return body - 1;
}

/*
 * All of the lines (each with "\n" on both sides) are in `text`; those that begin with '-' are not.
 */
static void assert_lines(const char *text, const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        bool absent = **lines == '-';
        char line[512];
        snprintf(line, sizeof(line), "\n%s%s", *lines + absent, absent ? ":" : "\n");
        if (absent == (strstr(text, line) != NULL)) {
            fail_msg("\"%s\" is wrong in:%s", *lines, text);
        }
    }
}

#define ASSERT_LINES(text, ...) assert_lines((text), (const char *const[]){__VA_ARGS__, NULL})

static void every_key_is_there(GCN_UNUSED void **state)
{
    ASSERT_LINES(dump("GET /a%20b/%C3%A9?x=1&y=%20 HTTP/1.1\r\n"
                      "Host: example.org:81\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n"),
                 "REQUEST_METHOD: 'GET'", "SCRIPT_NAME: ''", "PATH_INFO: '/a b/\xc3\xa9'",
                 "QUERY_STRING: 'x=1&y=%20'", "RAW_URI: '/a%20b/%C3%A9?x=1&y=%20'",
                 "SERVER_PROTOCOL: 'HTTP/1.1'", "SERVER_NAME: '127.0.0.1'", "SERVER_PORT: '8000'",
                 "SERVER_SOFTWARE: 'gcorn/test'", "REMOTE_ADDR: '192.0.2.1'", "REMOTE_PORT: '4000'",
                 "HTTP_HOST: 'example.org:81'", "HTTP_USER_AGENT: 'test'", "HTTP_ACCEPT: '*/*'",
                 "wsgi.version: (1, 0)", "wsgi.url_scheme: 'http'", "wsgi.multithread: False",
                 "wsgi.multiprocess: False", "wsgi.run_once: False", "wsgi.input_terminated: True",
                 "wsgi.file_wrapper: <class 'gcorn.file_wrapper'>", "-CONTENT_TYPE",
                 "-CONTENT_LENGTH", "-PROXY_PROTOCOL", "-HTTPS");
}

static void fields_become_keys(GCN_UNUSED void **state)
{
    ASSERT_LINES(
        dump("POST / HTTP/1.1\r\nhost: h\r\ncontent-TYPE: text/x\r\nContent-Length: 2\r\n"
             "X-Twice: a\r\nx-twice: b\r\nX-TWICE: c\r\nX-Empty:\r\nCookie: a=1\r\nCookie: b=2\r\n"
             "X-Latin: \xe9\r\n"
             "X-A-Name-That-Is-Longer-Than-The-Table-Of-Known-Names-Takes: 1\r\n\r\nab"),
        "REQUEST_METHOD: 'POST'", "HTTP_HOST: 'h'", "CONTENT_TYPE: 'text/x'", "CONTENT_LENGTH: '2'",
        "-HTTP_CONTENT_TYPE", "-HTTP_CONTENT_LENGTH", "HTTP_X_TWICE: 'a,b,c'", "HTTP_X_EMPTY: ''",
        "HTTP_COOKIE: 'a=1,b=2'", "HTTP_X_LATIN: '\xe9'",
        "HTTP_X_A_NAME_THAT_IS_LONGER_THAN_THE_TABLE_OF_KNOWN_NAMES_TAKES: '1'");
}

static void targets_are_decoded_once(GCN_UNUSED void **state)
{
    static const struct {
        const char *target, *path, *query;
    } rows[] = {
        {"/", "PATH_INFO: '/'", "QUERY_STRING: ''"},
        {"/a?", "PATH_INFO: '/a'", "QUERY_STRING: ''"},
        {"/%2541", "PATH_INFO: '/%41'", "QUERY_STRING: ''"},
        {"/%2F%2f", "PATH_INFO: '///'", "QUERY_STRING: ''"},
        {"/%zz%4", "PATH_INFO: '/%zz%4'", "QUERY_STRING: ''"},
        {"/%", "PATH_INFO: '/%'", "QUERY_STRING: ''"},
        {"/%00", "PATH_INFO: '/\\x00'", "QUERY_STRING: ''"},
        {"/a;b=c?d", "PATH_INFO: '/a;b=c'", "QUERY_STRING: 'd'"},
        {"//a//b", "PATH_INFO: '//a//b'", "QUERY_STRING: ''"},
    };

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        char request[256], raw[128];
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", rows[i].target);
        snprintf(raw, sizeof(raw), "RAW_URI: '%s'", rows[i].target);
        ASSERT_LINES(dump(request), rows[i].path, rows[i].query, raw);
    }
}

static void a_trusted_proxy_gives_scheme_and_prefix(GCN_UNUSED void **state)
{
    static const char request[] = "GET /app/x HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n"
                                  "SCRIPT_NAME: /app\r\n\r\n";

    stage->trusted = true;
    ASSERT_LINES(dump(request), "wsgi.url_scheme: 'https'", "SCRIPT_NAME: '/app'",
                 "PATH_INFO: '/x'", "HTTP_SCRIPT_NAME: '/app'", "HTTP_X_FORWARDED_PROTO: 'https'");
    stage->trusted = false;
    ASSERT_LINES(dump(request), "wsgi.url_scheme: 'http'", "SCRIPT_NAME: ''", "PATH_INFO: '/app/x'",
                 "-HTTP_SCRIPT_NAME");
}

static void tls_is_https(GCN_UNUSED void **state)
{
    stage->tls = true;
    ASSERT_LINES(dump("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "wsgi.url_scheme: 'https'");
}

static void unix_listeners_take_their_name_from_host(GCN_UNUSED void **state)
{
    struct row {
        const char *host, *name, *port;
    };
    static const struct gcn_endpoint local = {.is_unix = true, .path = "/run/x.sock:1"};
    static const struct row rows[] = {
        {"example.org", "SERVER_NAME: 'example.org'", "SERVER_PORT: '80'"},
        {"example.org:81", "SERVER_NAME: 'example.org'", "SERVER_PORT: '81'"},
        {"[::1]:81", "SERVER_NAME: '[::1]'", "SERVER_PORT: '81'"},
        {"[::1]", "SERVER_NAME: '[::1]'", "SERVER_PORT: '80'"},
    };

    stage->local = &local;
    stage->peer = (struct gcn_endpoint){.is_unix = true};
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        char request[128];
        snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", rows[i].host);
        ASSERT_LINES(dump(request), rows[i].name, rows[i].port, "REMOTE_ADDR: ''", "-REMOTE_PORT");
    }
    ASSERT_LINES(dump("GET / HTTP/1.0\r\n\r\n"), "SERVER_NAME: '/run/x.sock'", "SERVER_PORT: ''",
                 "SERVER_PROTOCOL: 'HTTP/1.0'");
}

static void a_proxy_header_replaces_the_peer(GCN_UNUSED void **state)
{
    stage->proxy_protocol = "TCP4";
    stage->proxy = (struct gcn_endpoint){.host = "10.0.0.9", .port = "443"};
    ASSERT_LINES(dump("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "PROXY_PROTOCOL: 'TCP4'",
                 "PROXY_ADDR: '10.0.0.9'", "PROXY_PORT: '443'", "REMOTE_ADDR: '192.0.2.1'");
}

static const char kept_request[] = "GET /a?q HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\n\r\n";

/* Objects that stand for the request need not be the same ones: zeros for each " at 0x7f…". */
static void hide_addresses(char *text)
{
    static const char before[] = " at 0x";

    while ((text = strstr(text, before)) != NULL) {
        text += sizeof(before) - 1;
        memset(text, '0', strspn(text, "0123456789abcdef"));
    }
}

static void a_kept_head_gives_the_same_environ(GCN_UNUSED void **state)
{
    char fresh[8192], again[8192];

    snprintf(fresh, sizeof(fresh), "%s", dump(kept_request));
    hide_addresses(fresh);
    struct gcn_head *head = gcn_stage_keep(stage, kept_request);
    for (int i = 0; i < 3; i++) {
        stage->kept = head;
        snprintf(again, sizeof(again), "%s", dump(kept_request));
        hide_addresses(again);
        assert_string_equal(again, fresh);
    }
    stage->kept = NULL;
    gcn_head_unref(head);
}

static void a_kept_head_takes_its_peer_from_the_connection(GCN_UNUSED void **state)
{
    struct gcn_head *head = gcn_stage_keep(stage, kept_request);

    stage->kept = head;
    dump(kept_request);
    stage->peer = (struct gcn_endpoint){.host = "2001:db8::1", .port = "9"};
    ASSERT_LINES(dump(kept_request), "REMOTE_ADDR: '2001:db8::1'", "REMOTE_PORT: '9'");
    stage->proxy_protocol = "TCP6";
    ASSERT_LINES(dump(kept_request), "PROXY_PROTOCOL: 'TCP6'");
    stage->proxy_protocol = NULL;
    ASSERT_LINES(dump(kept_request), "-PROXY_PROTOCOL");
    stage->tls = true;
    ASSERT_LINES(dump(kept_request), "wsgi.url_scheme: 'https'");
    stage->tls = false;
    ASSERT_LINES(dump(kept_request), "wsgi.url_scheme: 'http'");
    stage->peer = (struct gcn_endpoint){.host = "192.0.2.1", .port = "65535"};
    ASSERT_LINES(dump(kept_request), "REMOTE_ADDR: '192.0.2.1'", "REMOTE_PORT: '65535'");
    stage->kept = NULL;
    gcn_head_unref(head);
}

static void a_kept_head_forgets_the_peer_of_the_last_proxy_header(GCN_UNUSED void **state)
{
    static const struct gcn_endpoint local = {.is_unix = true, .path = "/run/x.sock"};
    struct gcn_head *head = gcn_stage_keep(stage, kept_request);

    stage->kept = head;
    stage->local = &local;
    for (int i = 0; i < 2; i++) {
        stage->peer = (struct gcn_endpoint){.host = "192.0.2.1", .port = "80"};
        ASSERT_LINES(dump(kept_request), "REMOTE_ADDR: '192.0.2.1'", "REMOTE_PORT: '80'");
        stage->peer = (struct gcn_endpoint){.is_unix = true};
        ASSERT_LINES(dump(kept_request), "REMOTE_ADDR: ''", "-REMOTE_PORT");
        stage->tls = true;
        ASSERT_LINES(dump(kept_request), "REMOTE_ADDR: ''", "wsgi.url_scheme: 'https'");
        stage->tls = false;
    }
    stage->kept = NULL;
    gcn_head_unref(head);
}

static void objects_of_an_environ_that_is_kept_are_cut_off(GCN_UNUSED void **state)
{
    static const char request[] = "GET /keep HTTP/1.1\r\nHost: h\r\n\r\n";
    struct gcn_head *head = gcn_stage_keep(stage, request);

    for (int i = 0; i < 6; i++) {
        stage->kept = i == 3 ? NULL : head;
        assert_string_equal(gcn_pystage_body(gcn_pystage_play_text(request)),
                            i == 0 ? "good" : "good ValueError RuntimeError ValueError");
    }
    stage->kept = NULL;
    gcn_head_unref(head);
}

static void an_app_that_changes_its_environ_changes_no_other(GCN_UNUSED void **state)
{
    static const char request[] = "GET /spoil HTTP/1.1\r\nHost: h\r\n\r\n";
    struct gcn_head *head = gcn_stage_keep(stage, request);

    stage->kept = head;
    for (int i = 0; i < 3; i++) {
        assert_string_equal(gcn_pystage_body(gcn_pystage_play_text(request)), "spoilt");
    }
    stage->kept = NULL;
    gcn_head_unref(head);
    assert_null(strstr(dump(kept_request), "spoilt"));
}

/* Evaluate `expression` (QUERY_STRING, encoded) three times on a kept head: `expect` each time. */
static void assert_each_time(const char *expression, const char *expect)
{
    char request[512];

    snprintf(request, sizeof(request), "GET /evaluate?%s HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\n\r\n",
             expression);
    struct gcn_head *head = gcn_stage_keep(stage, request);
    stage->kept = head;
    for (int i = 0; i < 3; i++) {
        assert_string_equal(gcn_pystage_body(gcn_pystage_play_text(request)), expect);
    }
    stage->kept = NULL;
    gcn_head_unref(head);
}

static void an_environ_is_as_new_whatever_the_last_app_did_to_it(GCN_UNUSED void **state)
{
    assert_each_time("environ['HTTP_HOST']", "'h'");
    assert_each_time("('X'+in+environ,environ.setdefault('X',1))", "(False, 1)");
    assert_each_time("(environ['HTTP_HOST'],environ.__setitem__('HTTP_HOST','x'))", "('h', None)");
    assert_each_time("(environ['HTTP_HOST'],environ.update(HTTP_HOST='x'))", "('h', None)");
    assert_each_time("(environ['HTTP_HOST'],len(environ.__ior__({'HTTP_HOST':'x'}))>9)", "('h', True)");
    assert_each_time("(environ['HTTP_HOST'],environ.__delitem__('HTTP_HOST'))", "('h', None)");
    assert_each_time("environ.pop('HTTP_HOST')", "'h'");
    assert_each_time("environ.popitem()", "('HTTP_USER_AGENT', 'u')");
    assert_each_time("(len(environ)>9,environ.clear())", "(True, None)");
    assert_each_time("[environ.setdefault(str(i),len(environ))>9+for+i+in+range(2)]", "[True, True]");
}

static void a_kept_head_has_a_socket_that_opens_each_time(GCN_UNUSED void **state)
{
    static const char request[] =
        "GET /evaluate?environ['gunicorn.socket'].send(b'x') HTTP/1.1\r\nHost: h\r\n\r\n";
    struct gcn_head *head = gcn_stage_keep(stage, request);
    char byte;

    stage->kept = head;
    for (int i = 0; i < 3; i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        stage->fd = ends[0];
        assert_string_equal(gcn_pystage_body(gcn_pystage_play_text(request)), "1");
        close(ends[0]);
        assert_int_equal(recv(ends[1], &byte, 1, MSG_DONTWAIT), 1);
        assert_int_equal(recv(ends[1], &byte, 1, MSG_DONTWAIT), 0); /* no duplicate is left */
        close(ends[1]);
    }
    stage->kept = NULL;
    gcn_head_unref(head);
}

static void an_environ_that_was_kept_is_nobody_else_s(GCN_UNUSED void **state)
{
    assert_each_time("(scratch.get('e')+is+environ,scratch.update(e=environ))", "(False, None)");
    assert_each_time("(scratch.get('set',print)('X',1),'X'+in+environ,"
                     "scratch.update(set=environ.__setitem__))[1]",
                     "False");
}

static void an_environ_that_was_changed_while_it_served_nobody_is_not_used_again(
    GCN_UNUSED void **state)
{
    struct gcn_head *head = gcn_stage_keep(stage, kept_request);

    for (int i = 0; i < 3; i++) {
        stage->kept = head;
        ASSERT_LINES(dump(kept_request), "HTTP_HOST: 'h'");
        stage->kept = NULL;
        assert_string_equal(gcn_pystage_body(gcn_pystage_play("GET", "/meddle", 1)), "1");
    }
    gcn_head_unref(head);
}

static void a_kept_head_has_no_port_while_the_peer_has_none(GCN_UNUSED void **state)
{
    struct gcn_head *head = gcn_stage_keep(stage, kept_request);

    stage->kept = head;
    for (int i = 0; i < 4; i++) {
        stage->peer = (struct gcn_endpoint){.is_unix = true};
        ASSERT_LINES(dump(kept_request), "-REMOTE_PORT");
        ASSERT_LINES(dump(kept_request), "-REMOTE_PORT");
        stage->peer = (struct gcn_endpoint){.host = "192.0.2.1", .port = "80"};
        ASSERT_LINES(dump(kept_request), "REMOTE_PORT: '80'");
        stage->peer = (struct gcn_endpoint){.host = "192.0.2.1", .port = "81"};
        ASSERT_LINES(dump(kept_request), "REMOTE_PORT: '81'");
    }
    stage->kept = NULL;
    gcn_head_unref(head);
}

static void a_prefix_that_the_path_lacks_is_a_500(GCN_UNUSED void **state)
{
    static const char request[] = "GET /a?scratch HTTP/1.1\r\nHost: h\r\n\r\n";
    struct gcn_head *head = gcn_stage_keep(stage, request);

    head->script_name = GCN_SLICE("/elsewhere");
    stage->kept = head;
    assert_contains(gcn_pystage_play_text(request), "HTTP/1.1 500 ");
    assert_contains(gcn_pystage_log(),
                    "the path '/a' does not begin with SCRIPT_NAME '/elsewhere'");
    stage->kept = NULL;
    gcn_head_unref(head);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, gcn_pystage_reset)
    const struct CMUnitTest tests[] = {
        TEST(every_key_is_there),
        TEST(fields_become_keys),
        TEST(targets_are_decoded_once),
        TEST(a_trusted_proxy_gives_scheme_and_prefix),
        TEST(tls_is_https),
        TEST(unix_listeners_take_their_name_from_host),
        TEST(a_proxy_header_replaces_the_peer),
        TEST(a_kept_head_gives_the_same_environ),
        TEST(a_kept_head_takes_its_peer_from_the_connection),
        TEST(a_kept_head_forgets_the_peer_of_the_last_proxy_header),
        TEST(objects_of_an_environ_that_is_kept_are_cut_off),
        TEST(an_app_that_changes_its_environ_changes_no_other),
        TEST(an_environ_is_as_new_whatever_the_last_app_did_to_it),
        TEST(a_kept_head_has_a_socket_that_opens_each_time),
        TEST(an_environ_that_was_kept_is_nobody_else_s),
        TEST(an_environ_that_was_changed_while_it_served_nobody_is_not_used_again),
        TEST(a_kept_head_has_no_port_while_the_peer_has_none),
        TEST(a_prefix_that_the_path_lacks_is_a_500),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
