/* SPDX-License-Identifier: MIT */
/*
 * Responses as bytes: what the app may say, how bodies are framed, what is cut.
 */
#include "harness/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gcorn/http/response.h>
#include <gcorn/log/notes.h>

/* A sink that keeps what it gets. */
static struct {
    struct gcn_sink sink;
    struct gcn_out out;
    int n_submits;
    bool gone;
    void (*meanwhile)(struct gcn_response *); /* what others do while the sink waits for the client */
} got;

static struct gcn_response res;

static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *from,
                                   struct gcn_out *out)
{
    (void)sink;
    got.n_submits++;
    gcn_out_move(&got.out, out);
    if (got.meanwhile != NULL) {
        got.meanwhile(from);
    }
    return got.gone ? GCN_SINK_GONE : GCN_SINK_OK;
}

static int setup(void **state)
{
    (void)state;
    memset(&got, 0, sizeof(got));
    got.sink.submit = submit;
    gcn_response_init(&res, &got.sink);
    res.http11 = res.may_keep = true;
    res.version_minor = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gcn_response_finish(&res);
    gcn_out_clear(&got.out);
    gcn_out_pool_finish();
    return 0;
}

/* Everything that was submitted, through a real socket; a static string without the Date line. */
static const char *sent(void)
{
    static char text[1 << 16];
    int pair[2];
    size_t len;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(gcn_out_send(&got.out, pair[0], GCN_PUSH_NOW, &len), GCN_IO_OK);
    close(pair[0]);
    size_t used = 0;
    for (ssize_t n; (n = read(pair[1], text + used, sizeof(text) - 1 - used)) > 0;) {
        used += (size_t)n;
    }
    close(pair[1]);
    assert_int_equal(used, len);
    text[used] = '\0';
    char *date = strstr(text, "Date: ");
    if (date != NULL) {
        memmove(date, date + 37, strlen(date + 37) + 1);
    }
    return text;
}

static void begin(const char *status)
{
    assert_int_equal(gcn_response_begin(&res, gcn_slice_of(status)), GCN_RESPONSE_OK);
}

static enum gcn_response_fault field(const char *name, const char *value)
{
    return gcn_response_field(&res, gcn_slice_of(name), gcn_slice_of(value));
}

static enum gcn_sink_result put(const char *text, enum gcn_flush flush)
{
    return gcn_response_write(&res, gcn_slice_of(text), flush, NULL, NULL, NULL);
}

static void an_id_is_sent_once_and_the_apps_own_is_dropped(void **state)
{
    (void)state;
    res.request_id = GCN_SLICE("id-1");
    begin("200 OK");
    assert_int_equal(field("x-request-id", "other"), GCN_RESPONSE_OK);
    begin("500 No"); /* starts over, with the id */
    gcn_response_end(&res);
    const char *text = sent();
    assert_contains(text, "\r\nX-Request-ID: id-1\r\n");
    assert_null(strstr(text, "other"));
    assert_null(strstr(strstr(text, "X-Request-ID") + 1, "X-Request-ID"));
}

static void the_apps_fields_are_noted_if_the_log_wants_them(void **state)
{
    (void)state;
    res.note_fields = true;
    begin("200 OK");
    assert_int_equal(field("X-One", "dropped with its head"), GCN_RESPONSE_OK);
    begin("200 OK");
    assert_int_equal(field("X-Two", " 2 "), GCN_RESPONSE_OK);
    assert_int_equal(field("Content-Length", "0"), GCN_RESPONSE_OK);
    assert_null(gcn_note_find(&res.notes, GCN_ACCESS_RESPONSE, GCN_SLICE("x-one")).ptr);
    assert_slice(gcn_note_find(&res.notes, GCN_ACCESS_RESPONSE, GCN_SLICE("x-two")), "2");
    assert_slice(gcn_note_find(&res.notes, GCN_ACCESS_RESPONSE, GCN_SLICE("content-length")), "0");
}

static void status_must_be_three_digits_and_a_reason(void **state)
{
    static const struct {
        const char *status;
        bool good;
    } rows[] = {
        {"200 OK", true},          {"200", true},           {"404 Not Found", true},
        {"299 \xe9t\xe9", true},   {"", false},             {"20", false},
        {"2000 OK", false},        {"abc OK", false},       {"099 Low", false},
        {"200 O\rK", false},       {"200 O\nK", false},     {"200\tOK", false},
        {"200 OK\r\nX: y", false}, {"-20 Negative", false}, {" 200 OK", false},
    };
    char nul[] = "200 O\0K";

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        enum gcn_response_fault fault = gcn_response_begin(&res, gcn_slice_of(rows[i].status));
        assert_int_equal(fault, rows[i].good ? GCN_RESPONSE_OK : GCN_RESPONSE_BAD_STATUS);
    }
    assert_int_equal(gcn_response_begin(&res, (struct gcn_slice){nul, 7}),
                     GCN_RESPONSE_BAD_STATUS);
}

static void status_longer_than_its_place_is_a_fault(void **state)
{
    char text[400];

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "200 ", 4);
    assert_int_equal(gcn_response_begin(&res, (struct gcn_slice){text, sizeof(text)}),
                     GCN_RESPONSE_BAD_STATUS);
}

static void fields_are_checked(void **state)
{
    static const struct {
        const char *name, *value;
        enum gcn_response_fault fault;
    } rows[] = {
        {"X-A", "b", GCN_RESPONSE_OK},
        {"X-A", "", GCN_RESPONSE_OK},
        {"X-A", "caf\xe9\tx", GCN_RESPONSE_OK},
        {"Date", "now", GCN_RESPONSE_OK},
        {"SERVER", "me", GCN_RESPONSE_OK},
        {"", "b", GCN_RESPONSE_BAD_NAME},
        {"X A", "b", GCN_RESPONSE_BAD_NAME},
        {"X:", "b", GCN_RESPONSE_BAD_NAME},
        {"X\r\nY", "b", GCN_RESPONSE_BAD_NAME},
        {"X-A", "b\r\nSet-Cookie: x", GCN_RESPONSE_BAD_VALUE},
        {"X-A", "b\nc", GCN_RESPONSE_BAD_VALUE},
        {"X-A", "b\x7f", GCN_RESPONSE_BAD_VALUE},
        {"Content-Length", "12a", GCN_RESPONSE_BAD_LENGTH},
        {"Content-Length", "-1", GCN_RESPONSE_BAD_LENGTH},
        {"Content-Length", "", GCN_RESPONSE_BAD_LENGTH},
        {"Content-Length", "99999999999999999999", GCN_RESPONSE_BAD_LENGTH},
        {"Content-Length", "12", GCN_RESPONSE_OK},
        {"Content-Length", "12", GCN_RESPONSE_OK},
        {"Content-Length", "13", GCN_RESPONSE_BAD_LENGTH},
    };

    (void)state;
    begin("200 OK");
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (field(rows[i].name, rows[i].value) != rows[i].fault) {
            fail_msg("row %zu: %s: %s", i, rows[i].name, rows[i].value);
        }
    }
    gcn_response_end(&res);
    const char *text = sent();
    assert_null(strstr(text, "Set-Cookie"));
    assert_null(strstr(text, "Server: me"));
    assert_null(strstr(text, "h2c"));
    assert_ptr_equal(strstr(text, "Content-Length"), strrchr(text, 'C'));
}

static void hop_by_hop_fields_are_dropped_and_noted(void **state)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"Connection", "close"}, {"keep-alive", "x"},       {"Transfer-Encoding", "chunked"},
        {"TE", "x"},             {"Proxy-Connection", "x"}, {"Upgrade", "h2c"},
        {"Trailers", "x"},       {"Proxy-Authenticate", "x"},
    };
    uint16_t dropped = 0;

    (void)state;
    begin("200 OK");
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        assert_int_equal(field(rows[i].name, rows[i].value), GCN_RESPONSE_OK);
        assert_int_not_equal(res.dropped, dropped);
        dropped = res.dropped;
    }
    gcn_response_end(&res);
    assert_string_equal(sent(), "HTTP/1.1 200 OK\r\nServer: gcorn\r\nConnection: keep-alive\r\n"
                                "Content-Length: 0\r\n\r\n");
}

static void dropped_fields_are_forgotten_when_the_head_starts_over(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(field("TE", "x"), GCN_RESPONSE_OK);
    begin("500 Sorry");
    assert_int_equal(res.dropped, 0);
}

static void a_known_body_leaves_in_one_submit(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(field("Content-Type", "text/plain"), GCN_RESPONSE_OK);
    gcn_response_set_length(&res, 5);
    assert_int_equal(put("hello", GCN_FLUSH_LATER), GCN_SINK_OK);
    gcn_response_end(&res);
    assert_int_equal(got.n_submits, 1);
    assert_true(gcn_response_keeps(&res));
    assert_string_equal(sent(), "HTTP/1.1 200 OK\r\nServer: gcorn\r\nConnection: keep-alive\r\n"
                                "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
}

static void an_unknown_body_is_chunked(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(put("abc", GCN_FLUSH_NOW), GCN_SINK_OK);
    assert_int_equal(put("", GCN_FLUSH_NOW), GCN_SINK_OK);
    assert_int_equal(put("0123456789abcdefg", GCN_FLUSH_NOW), GCN_SINK_OK);
    gcn_response_end(&res);
    assert_true(gcn_response_keeps(&res));
    assert_string_equal(strstr(sent(), "Transfer"),
                        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
                        "11\r\n0123456789abcdefg\r\n0\r\n\r\n");
}

static void an_unknown_body_for_http_1_0_ends_with_the_connection(void **state)
{
    (void)state;
    res.http11 = false;
    res.version_minor = 0;
    begin("200 OK");
    assert_int_equal(put("abc", GCN_FLUSH_NOW), GCN_SINK_OK);
    gcn_response_end(&res);
    assert_false(gcn_response_keeps(&res));
    assert_string_equal(sent(),
                        "HTTP/1.0 200 OK\r\nServer: gcorn\r\nConnection: close\r\n\r\nabc");
}

static void some_statuses_have_no_body_and_no_length(void **state)
{
    static const struct {
        const char *status;
        const char *rest; /* of the head, and all that follows */
    } rows[] = {
        {"204 No Content", "Connection: keep-alive\r\n\r\n"},
        {"304 Not Modified", "Connection: keep-alive\r\nContent-Length: 3\r\n\r\n"},
        {"205 Reset Content", "Connection: keep-alive\r\nContent-Length: 0\r\n\r\n"},
        {"101 Switching Protocols", "Connection: close\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        teardown(NULL);
        setup(NULL);
        begin(rows[i].status);
        assert_int_equal(field("Content-Length", "3"), GCN_RESPONSE_OK);
        assert_int_equal(put("abc", GCN_FLUSH_LATER), GCN_SINK_OK);
        gcn_response_end(&res);
        assert_string_equal(strstr(sent(), "Connection"), rows[i].rest);
        assert_false(res.failed);
    }
}

/* RFC 9112 §6.3 frames it like any other: without a length a client would wait for its body. */
static void a_reset_says_that_it_has_no_body(void **state)
{
    (void)state;
    for (int http11 = 0; http11 <= 1; http11++) {
        teardown(NULL);
        setup(NULL);
        res.http11 = http11 == 1;
        begin("205 Reset Content");
        assert_int_equal(put("abc", GCN_FLUSH_NOW), GCN_SINK_OK);
        gcn_response_end(&res);
        assert_string_equal(strstr(sent(), "Connection"),
                            "Connection: keep-alive\r\nContent-Length: 0\r\n\r\n");
    }
}

static void head_gets_the_length_without_the_body(void **state)
{
    (void)state;
    res.head_only = true;
    begin("200 OK");
    gcn_response_set_length(&res, 5);
    assert_int_equal(put("hello", GCN_FLUSH_LATER), GCN_SINK_OK);
    gcn_response_end(&res);
    assert_true(gcn_response_keeps(&res));
    assert_string_equal(strstr(sent(), "Content-Length"), "Content-Length: 5\r\n\r\n");
}

static void more_than_the_length_is_dropped(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(field("Content-Length", "4"), GCN_RESPONSE_OK);
    assert_int_equal(put("abc", GCN_FLUSH_NOW), GCN_SINK_OK);
    assert_int_equal(put("defHTTP/1.1 200 OK\r\n", GCN_FLUSH_NOW), GCN_SINK_OK);
    gcn_response_end(&res);
    assert_true(gcn_response_keeps(&res));
    assert_string_equal(strstr(sent(), "Content-Length"), "Content-Length: 4\r\n\r\nabcd");
}

static void less_than_the_length_cuts_the_connection(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(field("Content-Length", "4"), GCN_RESPONSE_OK);
    assert_int_equal(put("abc", GCN_FLUSH_NOW), GCN_SINK_OK);
    gcn_response_end(&res);
    assert_true(res.failed);
    assert_false(gcn_response_keeps(&res));
}

static void beginning_again_forgets_the_first_head(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(field("X-First", "1"), GCN_RESPONSE_OK);
    assert_int_equal(field("Content-Length", "99"), GCN_RESPONSE_OK);
    begin("500 Oops");
    assert_int_equal(field("X-Second", "2"), GCN_RESPONSE_OK);
    gcn_response_end(&res);
    assert_string_equal(sent(), "HTTP/1.1 500 Oops\r\nServer: gcorn\r\nConnection: keep-alive\r\n"
                                "X-Second: 2\r\nContent-Length: 0\r\n\r\n");
}

static void a_failure_before_the_head_becomes_a_page(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(field("X-First", "1"), GCN_RESPONSE_OK);
    gcn_response_fail(&res, 500);
    assert_true(res.ended);
    const char *text = sent();
    assert_contains(text, "HTTP/1.1 500 Internal Server Error\r\n");
    assert_contains(text, "Connection: close\r\n");
    assert_contains(text, "\r\n\r\n500 Internal Server Error\n");
    assert_null(strstr(text, "X-First"));
}

static void a_failure_after_the_head_sends_nothing_more(void **state)
{
    (void)state;
    begin("200 OK");
    assert_int_equal(put("abc", GCN_FLUSH_NOW), GCN_SINK_OK);
    gcn_response_fail(&res, 500);
    assert_true(res.ended && res.failed);
    assert_string_equal(strstr(sent(), "\r\n\r\n"), "\r\n\r\n3\r\nabc\r\n");
}

static int n_kept;

static void retain(void *owner)
{
    (void)owner;
    n_kept++;
}

static void release(void *owner)
{
    (void)owner;
    n_kept--;
}

static void large_bytes_are_referenced_and_given_back(void **state)
{
    static char large[20000];

    (void)state;
    memset(large, 'L', sizeof(large));
    begin("200 OK");
    gcn_response_set_length(&res, sizeof(large));
    assert_int_equal(gcn_response_write(&res, (struct gcn_slice){large, sizeof(large)},
                                        GCN_FLUSH_LATER, large, retain, release),
                     GCN_SINK_OK);
    gcn_response_end(&res);
    assert_int_equal(n_kept, 1);
    assert_int_equal(strlen(strstr(sent(), "\r\n\r\n") + 4), sizeof(large));
    assert_int_equal(n_kept, 0);
}

static void a_client_that_left_stops_the_app(void **state)
{
    (void)state;
    got.gone = true;
    begin("200 OK");
    assert_int_equal(put("abc", GCN_FLUSH_NOW), GCN_SINK_GONE);
    assert_int_equal(put("def", GCN_FLUSH_NOW), GCN_SINK_GONE);
    assert_int_equal(got.n_submits, 1);
    gcn_response_end(&res);
}

static void early_hints_leave_before_a_head_that_is_begun(void **state)
{
    const struct gcn_slice hints[][2] = {{GCN_SLICE("Link"), GCN_SLICE("</a.css>; rel=preload")}};
    const struct gcn_slice bad[][2] = {{GCN_SLICE("Link"), GCN_SLICE("x\r\ny: z")}};

    (void)state;
    begin("200 OK");
    assert_int_equal(gcn_response_early_hints(&res, bad, 1), GCN_RESPONSE_BAD_VALUE);
    assert_int_equal(gcn_response_early_hints(&res, hints, 1), GCN_RESPONSE_OK);
    gcn_response_end(&res);
    const char *text = sent();
    assert_ptr_equal(strstr(text, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
                                  "HTTP/1.1 200 OK\r\n"),
                     text);
}

static void write_hello(struct gcn_response *from)
{
    got.meanwhile = NULL;
    enum gcn_sink_result result =
        gcn_response_write(from, GCN_SLICE("hello"), GCN_FLUSH_LATER, NULL, NULL, NULL);
    assert_int_equal(result, GCN_SINK_OK);
}

static void another_thread_may_write_while_early_hints_wait_for_the_client(void **state)
{
    const struct gcn_slice hints[][2] = {{GCN_SLICE("Link"), GCN_SLICE("</a.css>")}};

    (void)state;
    begin("200 OK");
    assert_int_equal(field("Content-Type", "text/plain"), GCN_RESPONSE_OK);
    assert_int_equal(field("Content-Length", "5"), GCN_RESPONSE_OK);
    got.meanwhile = write_hello;
    assert_int_equal(gcn_response_early_hints(&res, hints, 1), GCN_RESPONSE_OK);
    gcn_response_end(&res);
    assert_string_equal(sent(), "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                                "HTTP/1.1 200 OK\r\nServer: gcorn\r\nConnection: keep-alive\r\n"
                                "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
}

static void a_file_is_sent_from_its_offset(void **state)
{
    char name[] = "/tmp/gcorn-test-XXXXXX";
    int fd = mkstemp(name);

    (void)state;
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    begin("200 OK");
    assert_true(gcn_response_sendfile(&res, fd, 4, 6));
    close(fd);
    gcn_response_end(&res);
    assert_string_equal(strstr(sent(), "Content-Length"), "Content-Length: 6\r\n\r\n456789");
}

static void keep_alive_says_how_long(void **state)
{
    (void)state;
    res.keepalive = GCN_SLICE("Keep-Alive: timeout=7\r\n");
    begin("200 OK");
    gcn_response_end(&res);
    assert_contains(sent(), "Connection: keep-alive\r\nKeep-Alive: timeout=7\r\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_id_is_sent_once_and_the_apps_own_is_dropped),
        TEST(the_apps_fields_are_noted_if_the_log_wants_them),
        TEST(status_must_be_three_digits_and_a_reason),
        TEST(status_longer_than_its_place_is_a_fault),
        TEST(fields_are_checked),
        TEST(hop_by_hop_fields_are_dropped_and_noted),
        TEST(dropped_fields_are_forgotten_when_the_head_starts_over),
        TEST(a_known_body_leaves_in_one_submit),
        TEST(an_unknown_body_is_chunked),
        TEST(an_unknown_body_for_http_1_0_ends_with_the_connection),
        TEST(some_statuses_have_no_body_and_no_length),
        TEST(a_reset_says_that_it_has_no_body),
        TEST(head_gets_the_length_without_the_body),
        TEST(more_than_the_length_is_dropped),
        TEST(less_than_the_length_cuts_the_connection),
        TEST(beginning_again_forgets_the_first_head),
        TEST(a_failure_before_the_head_becomes_a_page),
        TEST(a_failure_after_the_head_sends_nothing_more),
        TEST(large_bytes_are_referenced_and_given_back),
        TEST(a_client_that_left_stops_the_app),
        TEST(early_hints_leave_before_a_head_that_is_begun),
        TEST(another_thread_may_write_while_early_hints_wait_for_the_client),
        TEST(a_file_is_sent_from_its_offset),
        TEST(keep_alive_says_how_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
