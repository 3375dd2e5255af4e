/* SPDX-License-Identifier: MIT */
/*
 * Strict numbers: the whole text is the number and nothing wraps.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/parse.h>

static void digits_are_read_whole_or_refused(void **state)
{
    static const struct {
        struct gcn_slice text;
        bool good;
        int64_t value;
    } cases[] = {
        {GCN_SLICE("0"), true, 0},
        {GCN_SLICE("000"), true, 0},
        {GCN_SLICE("42"), true, 42},
        {GCN_SLICE("9223372036854775807"), true, INT64_MAX},
        {GCN_SLICE("0009223372036854775807"), true, INT64_MAX},
        {GCN_SLICE("9223372036854775808"), false, 0},
        {GCN_SLICE("9999999999999999999"), false, 0},
        {GCN_SLICE("18446744073709551617"), false, 0}, /* 1 modulo 2^64 */
        {GCN_SLICE(""), false, 0},
        {GCN_SLICE("+1"), false, 0},
        {GCN_SLICE("-1"), false, 0},
        {GCN_SLICE(" 1"), false, 0},
        {GCN_SLICE("1 "), false, 0},
        {GCN_SLICE("1\0"), false, 0},
        {GCN_SLICE("1_0"), false, 0},
        {GCN_SLICE("0x1"), false, 0},
        {GCN_SLICE("1e3"), false, 0},
        {GCN_SLICE("\xd9\xa1"), false, 0}, /* ARABIC-INDIC DIGIT ONE */
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        int64_t value = -7;
        assert_int_equal(gcn_parse_digits(cases[i].text, &value), cases[i].good);
        assert_int_equal(value, cases[i].good ? cases[i].value : -7);
    }
}

static void hexadecimal_is_read_whole_or_refused(void **state)
{
    static const struct {
        struct gcn_slice text;
        bool good;
        uint64_t value;
    } cases[] = {
        {GCN_SLICE("0"), true, 0},
        {GCN_SLICE("1aF"), true, 0x1af},
        {GCN_SLICE("ffffffffffffffff"), true, UINT64_MAX},
        {GCN_SLICE("0ffffffffffffffff"), true, UINT64_MAX},
        {GCN_SLICE("10000000000000000"), false, 0},
        {GCN_SLICE("fffffffffffffffff"), false, 0},
        {GCN_SLICE(""), false, 0},
        {GCN_SLICE("0x10"), false, 0},
        {GCN_SLICE("+1"), false, 0},
        {GCN_SLICE("g"), false, 0},
        {GCN_SLICE("@"), false, 0},
        {GCN_SLICE("`"), false, 0},
        {GCN_SLICE("1 "), false, 0},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        uint64_t value = 7;
        assert_int_equal(gcn_parse_hex(cases[i].text, &value), cases[i].good);
        assert_true(value == (cases[i].good ? cases[i].value : 7));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_read_whole_or_refused),
        cmocka_unit_test(hexadecimal_is_read_whole_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
