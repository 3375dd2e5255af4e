/* SPDX-License-Identifier: MIT */
/*
 * Responses: every way in which an app may answer, and every way to get it wrong. The apps are in
 * responses.py.
 */
#include "harness/check.h"

#include <gcorn/base/compiler.h>

#include "harness/pystage.h"

static struct gcn_stage *const stage = &gcn_pystage.stage;

static int start(GCN_UNUSED void **state)
{
    return gcn_pystage_start(GCORN_TEST_APPS) < 0 ? -1 : gcn_pystage_load("responses");
}

static int stop(GCN_UNUSED void **state)
{
    return gcn_pystage_stop();
}

static const char *play(const char *method, const char *app, int minor)
{
    char target[512];

    snprintf(target, sizeof(target), "/%s", app);
    return gcn_pystage_play(method, target, minor);
}

static const char *get(const char *app)
{
    return play("GET", app, 1);
}

static const char *log_text(void)
{
    return gcn_pystage_log();
}

static const char *body_of(const char *reply)
{
    return gcn_pystage_body(reply);
}

static void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("\"%s\" is in:\n%s", part, text);
    }
}

static void good_apps_are_answered(GCN_UNUSED void **state)
{
    static const struct {
        const char *app, *status, *field, *body;
    } rows[] = {
        {"hello", "200 OK", "Content-Length: 5\r\n", "Hello"},
        {"empty_list", "200 OK", "Content-Length: 0\r\n", ""},
        {"several", "200 OK", "Content-Length: 7\r\n", "one two"},
        {"generator", "200 OK", "Transfer-Encoding: chunked\r\n",
         "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"},
        {"with_length", "200 OK", "Content-Length: 7\r\n", "one two"},
        {"by_write", "200 OK", "Transfer-Encoding: chunked\r\n",
         "4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"},
        {"closing", "200 OK", "Transfer-Encoding: chunked\r\n", "1\r\na\r\n1\r\nb\r\n0\r\n\r\n"},
        {"replaced", "503 Later", "X-Second: 2\r\n", "sorry"},
        {"keywords", "200 OK", "X-K: 1\r\n", "k"},
        {"caught_and_tried_again", "201 Created", "X-Second: 1\r\n", "body"},
        {"hop_by_hop", "200 OK", "X-Kept: 1\r\n", "body"},
        {"to_errors", "200 OK", "Content-Length: 4\r\n", "body"},
        {"file_whole", "200 OK", "Content-Length: 10\r\n", "0123456789"},
        {"file_rest", "200 OK", "Content-Length: 6\r\n", "456789"},
        {"file_part", "200 OK", "Content-Length: 3\r\n", "012"},
        {"file_named", "200 OK", "Content-Length: 5\r\n", "named"},
        {"file_in_memory", "200 OK", "Transfer-Encoding: chunked\r\n",
         "A\r\n0123456789\r\n0\r\n\r\n"},
        {"file_packed", "200 OK", "Transfer-Encoding: chunked\r\n", "8\r\nunpacked\r\n0\r\n\r\n"},
        {"file_iterated", "200 OK", "Content-Length: 10\r\n", "0123456789"},
        {"file_by_index", "200 OK", "Content-Length: 13\r\n", "0123456789end"},
        {"file_by_proxy", "200 OK", "Content-Length: 10\r\n", "0123456789"},
        {"file_named_by_proxy", "200 OK", "Content-Length: 5\r\n", "named"},
        {"file_decrypted", "200 OK", "Transfer-Encoding: chunked\r\n",
         "6\r\npublic\r\n0\r\n\r\n"},
        {"file_with_another_read", "200 OK", "Transfer-Encoding: chunked\r\n",
         "6\r\npublic\r\n0\r\n\r\n"},
        {"file_with_a_wrapped_read", "200 OK", "Transfer-Encoding: chunked\r\n",
         "6\r\npublic\r\n0\r\n\r\n"},
        {"file_of_the_kernel", "200 OK", "Transfer-Encoding: chunked\r\n",
         "6\r\nLinux\n\r\n0\r\n\r\n"},
        {"file_empty", "200 OK", "Content-Length: 0\r\n", ""},
        {"file_closes", "200 OK", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"},
        {"forks", "200 OK", "Content-Length: 6\r\n", "forked"},
    };

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        char line[64];
        snprintf(line, sizeof(line), "HTTP/1.1 %s\r\n", rows[i].status);
        const char *reply = get(rows[i].app);
        assert_contains(reply, line);
        assert_contains(reply, rows[i].field);
        assert_string_equal(body_of(reply), rows[i].body);
        assert_true(stage->ended && !stage->failed && stage->keeps);
    }
}

static void a_fault_before_the_head_is_a_500_and_is_logged(GCN_UNUSED void **state)
{
    static const struct {
        const char *app, *logged;
    } rows[] = {
        {"raises", "ValueError: before anything"},
        {"raises_os_error", "FileNotFoundError"},
        {"raises_exit", "SystemExit: 3"},
        {"raises_keyboard", "KeyboardInterrupt"},
        {"never_started", "did not call start_response()"},
        {"never_started_generator", "did not call start_response()"},
        {"never_started_empty", "did not call start_response()"},
        {"returns_none", "returned None"},
        {"returns_str", "there is a str in it: 'text'"},
        {"yields_str", "there is a str in it: 'text'"},
        {"returns_bytes", "there is a int in it: 97"},
        {"started_twice", "AssertionError: start_response() was called a second time"},
        {"closing_before_first", "ValueError: at once"},
        {"caught_and_forgotten", "did not call start_response()"},
        {"bad_hints", "ValueError: wsgi.early_hints"},
        {"file_unstarted", "did not call start_response()"},
        {"file_of_text", "there is a str in it"},
    };

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        char heading[96];
        snprintf(heading, sizeof(heading), "Error handling request GET /%s\n", rows[i].app);
        const char *reply = get(rows[i].app);
        assert_contains(reply, "HTTP/1.1 500 Internal Server Error\r\n");
        assert_has_not(reply, "Traceback");
        assert_contains(log_text(), heading);
        assert_contains(log_text(), rows[i].logged);
        assert_true(stage->ended);
        assert_false(stage->keeps);
    }
}

static void a_traceback_names_the_app_and_not_the_server(GCN_UNUSED void **state)
{
    get("raises");
    assert_contains(log_text(), "Traceback (most recent call last):");
    assert_contains(log_text(), "responses.py\", line ");
    assert_has_not(log_text(), "<gcorn>");
}

static void a_fault_after_the_head_cuts_the_connection(GCN_UNUSED void **state)
{
    static const char *const apps[] = {"closing_after_error", "yields_str_later",
                                       "replaced_too_late"};

    for (size_t i = 0; i < GCN_COUNT(apps); i++) {
        const char *reply = get(apps[i]);
        assert_contains(reply, "HTTP/1.1 200 OK\r\n");
        assert_has_not(reply, "0\r\n\r\n");
        assert_true(stage->failed);
        assert_contains(log_text(), "Error handling request");
    }
}

static void close_is_called_once_on_every_path(GCN_UNUSED void **state)
{
    static const char *const apps[] = {"closing",      "closing_after_error",
                                       "close_raises", "closing_before_first",
                                       "both_raise",   "file_closes"};

    get("logged");
    for (size_t i = 0; i < GCN_COUNT(apps); i++) {
        get(apps[i]);
        assert_string_equal(body_of(get("logged")), "close");
    }
}

static void a_close_that_raises_leaves_the_response_whole(GCN_UNUSED void **state)
{
    const char *reply = get("close_raises");

    assert_string_equal(body_of(reply), "1\r\na\r\n0\r\n\r\n");
    assert_false(stage->failed);
    assert_contains(log_text(), "ValueError: in close");
}

static void the_first_exception_is_the_request_s(GCN_UNUSED void **state)
{
    get("both_raise");
    assert_contains(log_text(), "KeyError: 'second'");
    assert_contains(log_text(), "ValueError: first");
    assert_true(strstr(log_text(), "second") < strstr(log_text(), "Error handling"));
}

static void a_client_that_leaves_stops_the_iteration(GCN_UNUSED void **state)
{
    stage->leave_after = 5000;
    get("logged");
    get("endless");
    assert_true(stage->gone && stage->ended);
    assert_string_equal(log_text(), "");
    stage->leave_after = SIZE_MAX;
    assert_string_equal(body_of(get("logged")), "close");
}

static void a_client_that_leaves_breaks_write(GCN_UNUSED void **state)
{
    stage->leave_after = 5000;
    get("logged");
    get("endless_write");
    assert_true(stage->gone && stage->ended);
    assert_string_equal(log_text(), ""); /* at level debug only */
    stage->leave_after = SIZE_MAX;
    assert_string_equal(body_of(get("logged")), "broken pipe");
}

static void a_list_leaves_in_one_piece_and_a_generator_piece_by_piece(GCN_UNUSED void **state)
{
    get("several");
    assert_int_equal(stage->submits, 1);
    get("generator");
    assert_int_equal(stage->submits, 3);
}

static void head_and_old_versions_get_no_chunks(GCN_UNUSED void **state)
{
    assert_string_equal(body_of(play("HEAD", "hello", 1)), "");
    assert_contains(play("HEAD", "hello", 1), "Content-Length: 5\r\n");
    assert_string_equal(body_of(play("HEAD", "generator", 1)), "");
    assert_string_equal(body_of(play("HEAD", "file_whole", 1)), "");
    assert_string_equal(body_of(play("GET", "generator", 0)), "one two");
    assert_contains(play("GET", "generator", 0), "HTTP/1.0 200 OK\r\n");
}

static void a_file_is_read_no_further_than_its_response_goes(GCN_UNUSED void **state)
{
    const char *reply = get("file_endless");

    assert_int_equal(strlen(body_of(reply)), 70000);
    assert_true(stage->ended && !stage->failed && stage->keeps);
    assert_string_equal(log_text(), "");
    assert_string_equal(body_of(get("file_endless_in_parts")), "zzzzz");
    assert_true(stage->ended && !stage->failed && stage->keeps);
    assert_string_equal(body_of(play("HEAD", "file_endless", 1)), "");
    assert_true(stage->ended && !stage->failed && stage->keeps);
    assert_string_equal(body_of(play("HEAD", "file_endless_without_length", 1)), "");
    assert_true(stage->ended && !stage->failed && stage->keeps);
    assert_string_equal(log_text(), "");
}

static void large_bytes_are_released_without_the_gil(GCN_UNUSED void **state)
{
    stage->cold = true;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(strlen(body_of(get("large"))), 200000);
    }
    stage->cold = false;
}

static void early_hints_go_before_the_response(GCN_UNUSED void **state)
{
    static const char hints[] =
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-B: 1\r\n\r\nHTTP/1.1 200 OK\r\n";

    assert_memory_equal(get("hints"), hints, sizeof(hints) - 1);
    assert_memory_equal(get("hints_of_a_generator"), hints, sizeof(hints) - 1);
    assert_memory_equal(play("GET", "hints", 0), "HTTP/1.0 200 OK\r\n", 17);
}

static void errors_are_logged_by_line(GCN_UNUSED void **state)
{
    get("to_errors");
    assert_string_equal(log_text(), "one two\nthree\nfour\n");
}

static void misuse_of_start_response_raises(GCN_UNUSED void **state)
{
    static const struct {
        const char *args, *logged;
    } rows[] = {
        {"['200%20OK']", "start_response(status, headers, exc_info=None)"},
        {"[]", "start_response(status, headers, exc_info=None)"},
        {"['200%20OK',[],None,1]", "start_response(status, headers, exc_info=None)"},
        {"[200,[]]", "TypeError: start_response(): the status must be a str, not int"},
        {"[b'200%20OK',[]]", "TypeError: start_response(): the status must be a str, not bytes"},
        {"['OK',[]]", "ValueError: start_response(): a status must be three digits"},
        {"['200%20OK\\r\\nX:1',[]]", "ValueError: start_response(): a status must be"},
        {"['200%20\\u20ac',[]]", "ValueError: start_response(): the status has characters outside"},
        {"['200%20OK',None]", "start_response(): the headers must be a list of pairs, not NoneType"},
        {"['200%20OK',{'Age':'1'}]", "a header must be a pair (name, value), not 'Age'"},
        {"['200%20OK',['A:b']]", "a header must be a pair (name, value), not 'A:b'"},
        {"['200%20OK',[1]]", "a header must be a pair (name, value), not 1"},
        {"['200%20OK',[('A','b','c')]]", "a header must be a pair (name, value), not ('A', 'b', 'c')"},
        {"['200%20OK',iter([('A',)])]", "a header must be a pair (name, value), not ('A',)"},
        {"['200%20OK',[(b'A','b')]]", "a header's name must be a str, not bytes"},
        {"['200%20OK',[('A',1)]]", "a header's value must be a str, not int"},
        {"['200%20OK',[('A%20','b')]]", "a header name must be a token"},
        {"['200%20OK',[('','b')]]", "a header name must be a token"},
        {"['200%20OK',[('A','b\\r\\nSet-Cookie:x')]]", "must not contain control characters"},
        {"['200%20OK',[('A','b\\x00')]]", "must not contain control characters"},
        {"['200%20OK',[('A','\\u20ac')]]", "value has characters outside of Latin-1"},
        {"['200%20OK',[('Content-Length','x')]]", "Content-Length must be decimal digits"},
        {"['200%20OK',[('Content-Length','-1')]]", "Content-Length must be decimal digits"},
        {"['200%20OK',[],ValueError()]", "exc_info must be the tuple of sys.exc_info()"},
    };

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        char target[256];
        snprintf(target, sizeof(target), "started_with?%s", rows[i].args);
        const char *reply = get(target);
        assert_contains(reply, "HTTP/1.1 500 ");
        assert_has_not(reply, "Set-Cookie");
        assert_contains(log_text(), rows[i].logged);
    }
}

static void headers_may_be_any_iterable_of_pairs(GCN_UNUSED void **state)
{
    static const char *const headers[] = {
        "(('A','b'),('C','d'))",
        "[['A','b'],('C','d')]",
        "{'A':'b','C':'d'}.items()",
        "(pair%20for%20pair%20in%20[('A','b'),('C','d')])",
        "iter([iter('Ab'),('C','d')])",
        "type('L',(list,),{'__iter__':lambda%20self:iter([('A','b'),('C','d')])})()",
    };

    for (size_t i = 0; i < GCN_COUNT(headers); i++) {
        char target[256];
        snprintf(target, sizeof(target), "started_with?['200%%20OK',%s]", headers[i]);
        const char *reply = get(target);
        assert_contains(reply, "HTTP/1.1 200 OK\r\n");
        assert_contains(reply, "\r\nA: b\r\nC: d\r\nContent-Length: 4\r\n\r\nbody");
        assert_string_equal(log_text(), "");
    }
    assert_string_equal(body_of(get("started_with?['200%20OK',()]")), "body");
}

static void headers_that_run_code_change_nothing_behind_its_back(GCN_UNUSED void **state)
{
    get("logged");
    const char *reply = get("started_by_its_headers");
    assert_contains(reply, "HTTP/1.1 201 Created\r\n");
    assert_contains(reply, "\r\nX-Inner: 1\r\n");
    assert_has_not(reply, "X-Outer");
    assert_string_equal(body_of(get("logged")), "refused");

    reply = get("sent_by_its_headers");
    assert_contains(reply, "HTTP/1.1 200 OK\r\n");
    assert_has_not(reply, "X-Outer");
    assert_true(stage->failed);
    assert_contains(log_text(), "ValueError: too late");

    assert_contains(get("raised_by_its_headers"), "HTTP/1.1 500 ");
    assert_contains(log_text(), "TypeError: of the app");
}

static void headers_that_come_when_the_request_is_over_are_refused(GCN_UNUSED void **state)
{
    assert_string_equal(body_of(get("lists_its_headers_too_long")), "over");
    assert_string_equal(body_of(get("lists_its_headers_too_long")),
                        "start_response() was called after its response had ended, "
                        "wsgi.early_hints was called after its response had ended");
}

static void hop_by_hop_fields_are_dropped_and_told_once(GCN_UNUSED void **state)
{
    static const char told[] = "the app sends the field %s, which is the server's: it is dropped, here "
                               "and in further responses\n";
    char text[300];
    int len = snprintf(text, sizeof(text), told, "keep-alive");

    snprintf(text + len, sizeof(text) - (size_t)len, told, "proxy-connection");
    const char *reply = get("other_hop_by_hop");
    assert_contains(reply, "Connection: keep-alive\r\n");
    assert_has_not(reply, "Keep-Alive:");
    assert_has_not(reply, "Proxy-");
    assert_string_equal(log_text(), text);
    get("other_hop_by_hop");
    assert_string_equal(log_text(), "");
}

static void nothing_can_be_written_behind_the_end(GCN_UNUSED void **state)
{
    assert_string_equal(body_of(get("writes_when_it_has_ended")), "4\r\nbody\r\n0\r\n\r\n");
    assert_string_equal(body_of(get("tells_late_errors")), "close: refused, del: refused");
    assert_string_equal(body_of(get("fails_and_writes")), "500 Internal Server Error\n");
    assert_string_equal(body_of(get("tells_late_errors")), "del: refused");
}

static void objects_kept_from_an_earlier_request_raise(GCN_UNUSED void **state)
{
    assert_string_equal(body_of(get("kept")), "");
    assert_string_equal(body_of(get("kept")), "RuntimeError RuntimeError ValueError RuntimeError");
    assert_string_equal(body_of(get("kept")), "RuntimeError RuntimeError ValueError RuntimeError");
}

/* Every app of the tables above, so that a leak on any path shows. */
static void play_all(void)
{
    static const char *const apps[] = {
        "hello",
        "several",
        "large",
        "generator",
        "with_length",
        "by_write",
        "closing",
        "closing_after_error",
        "close_raises",
        "both_raise",
        "raises",
        "raises_exit",
        "never_started",
        "returns_str",
        "started_twice",
        "replaced",
        "replaced_too_late",
        "caught_and_forgotten",
        "started_by_its_headers",
        "raised_by_its_headers",
        "hints",
        "hints_of_a_generator",
        "bad_hints",
        "file_whole",
        "file_in_memory",
        "file_by_proxy",
        "file_named_by_proxy",
        "file_decrypted",
        "file_with_another_read",
        "file_endless",
        "file_by_index",
        "started_with?['200%20OK',[('A','\\u20ac')]]",
        "kept",
        "logged",
    };

    for (size_t i = 0; i < GCN_COUNT(apps); i++) {
        get(apps[i]);
    }
}

static void nothing_grows_with_the_number_of_requests(GCN_UNUSED void **state)
{
    long before, after;

    for (int i = 0; i < 20; i++) {
        play_all();
    }
    sscanf(body_of(get("objects")), "%ld", &before);
    for (int i = 0; i < 200; i++) {
        play_all();
    }
    sscanf(body_of(get("objects")), "%ld", &after);
    assert_in_range(after, 0, before + 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, gcn_pystage_reset)
    const struct CMUnitTest tests[] = {
        TEST(good_apps_are_answered),
        TEST(a_fault_before_the_head_is_a_500_and_is_logged),
        TEST(a_traceback_names_the_app_and_not_the_server),
        TEST(a_fault_after_the_head_cuts_the_connection),
        TEST(close_is_called_once_on_every_path),
        TEST(a_close_that_raises_leaves_the_response_whole),
        TEST(the_first_exception_is_the_request_s),
        TEST(a_client_that_leaves_stops_the_iteration),
        TEST(a_client_that_leaves_breaks_write),
        TEST(a_list_leaves_in_one_piece_and_a_generator_piece_by_piece),
        TEST(head_and_old_versions_get_no_chunks),
        TEST(a_file_is_read_no_further_than_its_response_goes),
        TEST(large_bytes_are_released_without_the_gil),
        TEST(early_hints_go_before_the_response),
        TEST(errors_are_logged_by_line),
        TEST(misuse_of_start_response_raises),
        TEST(headers_may_be_any_iterable_of_pairs),
        TEST(headers_that_run_code_change_nothing_behind_its_back),
        TEST(headers_that_come_when_the_request_is_over_are_refused),
        TEST(hop_by_hop_fields_are_dropped_and_told_once),
        TEST(nothing_can_be_written_behind_the_end),
        TEST(objects_kept_from_an_earlier_request_raise),
        TEST(nothing_grows_with_the_number_of_requests),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
