/* SPDX-License-Identifier: MIT */
/*
 * The table of refusals, the classes of bytes, and what the wire cases cannot say about the rules:
 * which slice is blamed. The rules themselves are in tests/wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gcorn/http/head.h>

#include "bytes.h"
#include "http_limits.h"
#include "policy.h"

static void every_refusal_has_a_code_of_its_own_in_order(void **state)
{
    const char *last = "";

    (void)state;
    for (int i = 1; i < GCN_REFUSE_COUNT; i++) {
        const struct gcn_refusal_info *info = gcn_refusal_info((enum gcn_refusal)i);
        assert_int_equal(strlen(info->code), 8);
        assert_memory_equal(info->code, "GCN-", 4);
        assert_true(info->status >= 400 && info->status <= 599);
        assert_true(strlen(info->text) > 0 && strlen(info->clause) > 0);
        assert_true(info->code[4] != last[0] || strcmp(info->code + 4, last) > 0);
        last = info->code + 4;
    }
}

/* The bytes of a class, in order. */
static void print_class(int class, char out[257])
{
    size_t len = 0;
    for (int byte = 1; byte < 256; byte++) {
        if (gcn_byte_is((char)byte, class)) {
            out[len++] = (char)byte;
        }
    }
    out[len] = '\0';
}

static void token_bytes_are_those_of_rfc_9110(void **state)
{
    char out[257];

    (void)state;
    print_class(GCN_BYTE_TOKEN, out);
    assert_string_equal(out, "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`"
                             "abcdefghijklmnopqrstuvwxyz|~");
    print_class(GCN_BYTE_PLAIN, out);
    assert_null(strchr(out, '_'));
    assert_int_equal(strlen(out), 76);
    print_class(GCN_BYTE_METHOD, out);
    assert_string_equal(out, "!$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`|~");
}

static void host_bytes_are_those_of_a_reg_name(void **state)
{
    char out[257];

    (void)state;
    print_class(GCN_BYTE_HOST, out);
    assert_string_equal(out, "!$%&'()*+,-.0123456789;=ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                             "abcdefghijklmnopqrstuvwxyz~");
    print_class(GCN_BYTE_DIGIT, out);
    assert_string_equal(out, "0123456789");
    print_class(GCN_BYTE_HEX, out);
    assert_string_equal(out, "0123456789ABCDEFabcdef");
}

static void value_and_target_bytes_are_ranges(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool value = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        bool target = byte > 0x20 && byte < 0x7f;
        assert_int_equal(gcn_byte_is((char)byte, GCN_BYTE_VALUE), value);
        assert_int_equal(gcn_byte_is((char)byte, GCN_BYTE_TARGET), target);
    }
}

static void a_control_byte_is_found_wherever_it_stands(void **state)
{
    char text[40];

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t len = 1; len <= sizeof(text); len++) {
            for (size_t at = 0; at < len; at++) {
                memset(text, at % 2 == 0 ? 'x' : 0xff, len);
                text[at] = (char)byte;
                struct gcn_slice slice = {text, len};
                assert_int_equal(gcn_bytes_are_value(slice), gcn_bytes_are(slice, GCN_BYTE_VALUE));
            }
        }
    }
}

static void the_culprit_is_named(void **state)
{
    static const struct {
        const char *text;
        const char *culprit;
    } cases[] = {
        {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "/\x01"},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "get"},
        {"GET / HTTP/1.x\r\nHost: a\r\n\r\n", "HTTP/1.x"},
        {"GET /\r\nHost: a\r\n\r\n", "GET /"},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "a/b"},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "x"},
        /* a value may be a secret: the name is enough */
        {"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic \x02\r\n\r\n", "Authorization"},
        {"GET / HTTP/1.1\r\nHost: a\r\nCookie : secret\r\n\r\n", "Cookie "},
        {"GET / HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n more\r\n\r\n", "Cookie"},
        {"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "no colon"},
    };
    struct gcn_http_limits limits = default_limits();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gcn_head *head = gcn_head_create();
        struct gcn_slice culprit = {NULL, 0};
        assert_int_not_equal(gcn_head_parse(head, cases[i].text, strlen(cases[i].text), &limits,
                                            false, &culprit),
                             GCN_REFUSE_NOTHING);
        assert_int_equal(culprit.len, strlen(cases[i].culprit));
        assert_memory_equal(culprit.ptr, cases[i].culprit, culprit.len);
        gcn_head_unref(head);
    }
    gcn_head_pool_finish();
}

static void no_head_is_larger_than_64_mib_whatever_the_limits_say(void **state)
{
    enum { LINE = 1 << 16, TOTAL = 65 << 20 };
    struct gcn_http_limits limits = default_limits();
    struct gcn_head_scan scan = {0};
    char *bytes = malloc(TOTAL);
    size_t len;

    (void)state;
    assert_non_null(bytes);
    limits.fields = 32768;
    limits.field_bytes = UINT32_MAX;
    memset(bytes, 'a', TOTAL);
    for (size_t at = LINE; at <= TOTAL; at += LINE) {
        memcpy(bytes + at - 2, "\r\n", 2);
    }
    memcpy(bytes, "GET / HTTP/1.1\r\n", 16);
    assert_int_equal(gcn_head_scan(&scan, bytes, (64 << 20) - 1, &limits, &len), 0);
    assert_int_equal(gcn_head_scan(&scan, bytes, TOTAL, &limits, &len), GCN_REFUSE_HEAD_LARGE);
    scan = (struct gcn_head_scan){0};
    assert_int_equal(gcn_head_scan(&scan, bytes, TOTAL, &limits, &len), GCN_REFUSE_HEAD_LARGE);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_a_code_of_its_own_in_order),
        cmocka_unit_test(token_bytes_are_those_of_rfc_9110),
        cmocka_unit_test(host_bytes_are_those_of_a_reg_name),
        cmocka_unit_test(value_and_target_bytes_are_ranges),
        cmocka_unit_test(a_control_byte_is_found_wherever_it_stands),
        cmocka_unit_test(the_culprit_is_named),
        cmocka_unit_test(no_head_is_larger_than_64_mib_whatever_the_limits_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
