/* SPDX-License-Identifier: MIT */
/*
 * Numbers, seconds and escaping.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>

#include "text.h"

static char bytes[512];

static struct gcn_text start(size_t cap)
{
    return (struct gcn_text){bytes, bytes + cap, false};
}

static struct gcn_slice made(const struct gcn_text *text)
{
    return (struct gcn_slice){bytes, (size_t)(text->at - bytes)};
}

static void numbers_have_at_least_the_digits_asked_for(void **state)
{
    static const struct {
        uint64_t value;
        int digits;
        const char *text;
    } cases[] = {
        {0, 1, "0"},       {0, 0, "0"},     {7, 3, "007"},
        {1234, 3, "1234"}, {999, 1, "999"}, {UINT64_MAX, 1, "18446744073709551615"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_text text = start(sizeof(bytes));
        gcn_text_put_number(&text, cases[i].value, cases[i].digits);
        assert_slice(made(&text), cases[i].text);
    }
}

static void seconds_have_six_decimals_and_are_never_negative(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "0.000000"},
        {1, "0.000001"},
        {1234567, "1.234567"},
        {-5, "0.000000"},
        {86400000000, "86400.000000"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_text text = start(sizeof(bytes));
        gcn_text_put_seconds(&text, cases[i].us);
        assert_slice(made(&text), cases[i].text);
    }
}

static void values_are_escaped_for_where_they_stand(void **state)
{
    static const struct {
        struct gcn_slice value;
        const char *bare, *word, *quoted;
    } cases[] = {
        {GCN_SLICE(""), "", "", ""},
        {GCN_SLICE("plain/~"), "plain/~", "plain/~", "plain/~"},
        {GCN_SLICE("a b"), "a b", "a\\x20b", "a b"},
        {GCN_SLICE("a\"b"), "a\\\"b", "a\\\"b", "a\\\"b"},
        {GCN_SLICE("end\\"), "end\\\\", "end\\\\", "end\\\\"},
        {GCN_SLICE("\n\r\t\b\f"), "\\x0a\\x0d\\x09\\x08\\x0c", "\\x0a\\x0d\\x09\\x08\\x0c",
         "\\n\\r\\t\\b\\f"},
        {GCN_SLICE("\0\x1b\x7f"), "\\x00\\x1b\\x7f", "\\x00\\x1b\\x7f", "\\u0000\\u001b\\u007f"},
        {GCN_SLICE("\xc3\xa9"), "\xc3\xa9", "\xc3\xa9", "\xc3\xa9"},
        {GCN_SLICE("\xc3"), "\\xc3", "\\xc3", "\\\\xc3"},
        {GCN_SLICE("\xff\xfe"), "\\xff\\xfe", "\\xff\\xfe", "\\\\xff\\\\xfe"},
        {GCN_SLICE("\xc2\x85"), "\\xc2\\x85", "\\xc2\\x85", "\\u0085"},
        {GCN_SLICE("\xe2\x80\xa8"), "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8", "\\u2028"},
        {GCN_SLICE("\xe2\x80\xa9."), "\\xe2\\x80\\xa9.", "\\xe2\\x80\\xa9.", "\\u2029."},
        {GCN_SLICE("\xe2\x80"), "\\xe2\\x80", "\\xe2\\x80", "\\\\xe2\\\\x80"},
        {GCN_SLICE("\xc2"), "\\xc2", "\\xc2", "\\\\xc2"},
        {GCN_SLICE("\xc2\xc2\x80"), "\\xc2\\xc2\\x80", "\\xc2\\xc2\\x80", "\\\\xc2\\u0080"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        const char *const wanted[] = {cases[i].bare, cases[i].word, cases[i].quoted};
        for (int how = 0; how < 3; how++) {
            struct gcn_text text = start(sizeof(bytes));
            gcn_text_escape(&text, cases[i].value, (enum gcn_escape)how);
            assert_slice(made(&text), wanted[how]);
            assert_false(text.full);
        }
    }
}

static void what_does_not_fit_is_told_and_nothing_is_written_behind_the_end(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 12; cap++) {
        memset(bytes, '#', sizeof(bytes));
        struct gcn_text text = start(cap);
        gcn_text_escape(&text, GCN_SLICE("ab\n\xff\""), GCN_ESCAPE_QUOTED);
        assert_int_equal(text.full, cap < 11); /* ab \n \\xff \" */
        assert_true(text.at <= text.end);
        assert_int_equal(bytes[cap], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_at_least_the_digits_asked_for),
        cmocka_unit_test(seconds_have_six_decimals_and_are_never_negative),
        cmocka_unit_test(values_are_escaped_for_where_they_stand),
        cmocka_unit_test(what_does_not_fit_is_told_and_nothing_is_written_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
