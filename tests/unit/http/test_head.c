/* SPDX-License-Identifier: MIT */
/*
 * Heads: found, parsed, copied. What is refused, and why, is in test_policy.c and tests/wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gcorn/http/head.h>

#include "http_limits.h"

static const char browser[] =
    "GET /some/path?q=1&b=2 HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    "Accept:text/html, */*;q=0.8 \t\r\n"
    "X-Empty:\r\n"
    "X-Blank:  \t \r\n"
    "Cookie: a=b; c=d\r\n"
    "\r\n";

static void assert_slice(struct gcn_slice slice, const char *text)
{
    assert_int_equal(slice.len, strlen(text));
    assert_memory_equal(slice.ptr, text, slice.len);
}

static enum gcn_refusal scan_all(const char *bytes, size_t len, size_t *head_len)
{
    struct gcn_http_limits limits = default_limits();
    struct gcn_head_scan scan = {0};
    return gcn_head_scan(&scan, bytes, len, &limits, head_len);
}

static struct gcn_head *parse_ok(const char *text)
{
    struct gcn_http_limits limits = default_limits();
    struct gcn_head *head = gcn_head_create();
    struct gcn_slice culprit = {NULL, 0};
    assert_int_equal(gcn_head_parse(head, text, strlen(text), &limits, false, &culprit),
                     GCN_REFUSE_NOTHING);
    return head;
}

static void scan_finds_the_end_and_leaves_what_follows(void **state)
{
    static const char more[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n";
    size_t head_len;

    (void)state;
    assert_int_equal(scan_all(more, sizeof(more) - 1, &head_len), GCN_REFUSE_NOTHING);
    assert_int_equal(head_len, 27);
}

static void scan_wants_more_until_the_last_byte(void **state)
{
    struct gcn_http_limits limits = default_limits();
    struct gcn_head_scan scan = {0};
    size_t head_len;

    (void)state;
    for (size_t len = 0; len < sizeof(browser) - 1; len++) {
        assert_int_equal(gcn_head_scan(&scan, browser, len, &limits, &head_len), 0);
        assert_int_equal(head_len, 0);
    }
    assert_int_equal(gcn_head_scan(&scan, browser, sizeof(browser) - 1, &limits, &head_len), 0);
    assert_int_equal(head_len, sizeof(browser) - 1);
}

static void parse_cuts_a_browsers_head(void **state)
{
    struct gcn_head *head = parse_ok(browser);

    (void)state;
    assert_slice(head->method, "GET");
    assert_slice(head->target, "/some/path?q=1&b=2");
    assert_slice(head->path, "/some/path");
    assert_slice(head->query, "q=1&b=2");
    assert_int_equal(head->version_major, 1);
    assert_int_equal(head->version_minor, 1);
    assert_true(head->keep_alive);
    assert_false(head->chunked || head->expect_continue || head->scheme_given);
    assert_int_equal(head->content_length, -1);
    assert_int_equal(head->n_fields, 7);
    assert_slice(head->fields[0].name, "Host");
    assert_slice(head->fields[3].value, "text/html, */*;q=0.8");
    assert_slice(head->fields[4].value, "");
    assert_slice(head->fields[5].value, "");
    assert_slice(head->fields[6].value, "a=b; c=d");
    assert_slice(gcn_head_find(head, "x-EMPTY"), "");
    assert_null(gcn_head_find(head, "X-None").ptr);
    gcn_head_unref(head);
}

static void parse_takes_methods_and_versions_that_llhttp_does_not_know(void **state)
{
    struct gcn_head *head = parse_ok("FROBNICATE /x HTTP/1.7\r\nHost: a\r\nX-A: b\r\n\r\n");

    (void)state;
    assert_slice(head->method, "FROBNICATE");
    assert_slice(head->path, "/x");
    assert_int_equal(head->version_minor, 7);
    assert_int_equal(head->n_fields, 2);
    gcn_head_unref(head);
}

static void parse_takes_a_head_without_fields(void **state)
{
    struct gcn_head *head = parse_ok("GET / HTTP/1.0\r\n\r\n");

    (void)state;
    assert_int_equal(head->n_fields, 0);
    assert_false(head->keep_alive);
    gcn_head_unref(head);
}

static void parse_takes_more_fields_than_a_new_head_has_room_for(void **state)
{
    char text[4096];
    int len = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");

    (void)state;
    for (int i = 0; i < 99; i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "X-%d: %d\r\n", i, i);
    }
    snprintf(text + len, sizeof(text) - (size_t)len, "\r\n");
    struct gcn_head *head = parse_ok(text);
    assert_int_equal(head->n_fields, 100);
    assert_slice(head->fields[99].value, "98");
    gcn_head_unref(head);
}

static void copy_owns_its_bytes(void **state)
{
    char text[sizeof(browser)];
    memcpy(text, browser, sizeof(browser));
    struct gcn_head *head = parse_ok(text);
    struct gcn_head *copy = gcn_head_copy(head);

    (void)state;
    gcn_head_unref(head);
    memset(text, 'x', sizeof(text));
    assert_slice(copy->raw, browser);
    assert_slice(copy->method, "GET");
    assert_slice(copy->query, "q=1&b=2");
    assert_slice(gcn_head_find(copy, "cookie"), "a=b; c=d");
    assert_null(copy->script_name.ptr);
    gcn_head_unref(copy);
}

static void copy_of_a_rewritten_head_has_both_texts(void **state)
{
    static const char text[] = "get / HTTP/1.1\r\nHost : a\r\nX-A: b\r\n\tc\r\n\r\n";
    struct gcn_http_limits limits = default_limits();
    struct gcn_head *head = gcn_head_create();

    (void)state;
    limits.permit_obsolete_folding = limits.strip_header_spaces = true;
    limits.permit_unconventional_http_method = limits.casefold_http_method = true;
    assert_int_equal(gcn_head_parse(head, text, sizeof(text) - 1, &limits, false, NULL), 0);
    struct gcn_head *copy = gcn_head_copy(head);
    gcn_head_unref(head);
    assert_slice(copy->raw, text);
    assert_slice(copy->method, "GET");
    assert_slice(gcn_head_find(copy, "host"), "a");
    assert_slice(gcn_head_find(copy, "x-a"), "b c");
    gcn_head_unref(copy);
}

static int released;

static void note_release(void *data)
{
    (void)data;
    released++;
}

static void last_unref_releases_the_apps_data(void **state)
{
    struct gcn_head *head = gcn_head_ref(parse_ok(browser));

    (void)state;
    head->app_data = head;
    head->app_release = note_release;
    gcn_head_unref(head);
    assert_int_equal(released, 0);
    gcn_head_unref(head);
    assert_int_equal(released, 1);
}

static int finish_pool(void **state)
{
    (void)state;
    gcn_head_pool_finish();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_finds_the_end_and_leaves_what_follows),
        cmocka_unit_test(scan_wants_more_until_the_last_byte),
        cmocka_unit_test(parse_cuts_a_browsers_head),
        cmocka_unit_test(parse_takes_methods_and_versions_that_llhttp_does_not_know),
        cmocka_unit_test(parse_takes_a_head_without_fields),
        cmocka_unit_test(parse_takes_more_fields_than_a_new_head_has_room_for),
        cmocka_unit_test(copy_owns_its_bytes),
        cmocka_unit_test(copy_of_a_rewritten_head_has_both_texts),
        cmocka_unit_test(last_unref_releases_the_apps_data),
    };
    return cmocka_run_group_tests(tests, NULL, finish_pool);
}
