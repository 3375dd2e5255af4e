/* SPDX-License-Identifier: MIT */
/*
 * Numbers as settings write them.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>

#include <number.h>

static const int64_t refused = INT64_MIN; /* no case has this value */

static int64_t parse(const char *text, enum gcn_number_form form)
{
    int64_t number;

    return gcn_number_parse(gcn_slice_of(text), form, &number) ? number : refused;
}

static void numbers_are_read_as_python_reads_them(void **state)
{
    static const struct {
        const char *text;
        int64_t decimal, any_base, octal;
    } cases[] = {
        {"0", 0, 0, 0},
        {"30", 30, 30, 30},
        {" +7\t", 7, 7, 7},
        {"-1", -1, -1, -1},
        {"1_000", 1000, 1000, 1000},
        {"00", 0, 0, 0},
        {"022", 22, INT64_MIN, 18},
        {"08", 8, INT64_MIN, INT64_MIN},
        {"0x1F", INT64_MIN, 31, 31},
        {"0o17", INT64_MIN, 15, 15},
        {"0O17", INT64_MIN, 15, 15},
        {"0b11", INT64_MIN, 3, 3},
        {"0x_1f", INT64_MIN, 31, 31},
        {"0b2", INT64_MIN, INT64_MIN, INT64_MIN},
        {"0x", INT64_MIN, INT64_MIN, INT64_MIN},
        {"", INT64_MIN, INT64_MIN, INT64_MIN},
        {"-", INT64_MIN, INT64_MIN, INT64_MIN},
        {"+-1", INT64_MIN, INT64_MIN, INT64_MIN},
        {"1__0", INT64_MIN, INT64_MIN, INT64_MIN},
        {"_1", INT64_MIN, INT64_MIN, INT64_MIN},
        {"1_", INT64_MIN, INT64_MIN, INT64_MIN},
        {"1.0", INT64_MIN, INT64_MIN, INT64_MIN},
        {"1 0", INT64_MIN, INT64_MIN, INT64_MIN},
        {"9223372036854775807", INT64_MAX, INT64_MAX, INT64_MAX},
        {"9223372036854775808", INT64_MIN, INT64_MIN, INT64_MIN},
        {"-9223372036854775807", -INT64_MAX, -INT64_MAX, -INT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_int_equal(parse(cases[i].text, GCN_NUMBER_DECIMAL), cases[i].decimal);
        assert_int_equal(parse(cases[i].text, GCN_NUMBER_ANY_BASE), cases[i].any_base);
        assert_int_equal(parse(cases[i].text, GCN_NUMBER_OCTAL), cases[i].octal);
    }
}

static void sizes_take_k_m_and_g(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {
        {"0", 0},
        {"512", 512},
        {"1k", 1024},
        {"64K", 65536},
        {" 10M ", 10485760},
        {"1g", 1073741824},
        {"0x10", 16},
        {"1_000K", 1024000},
        {"K", INT64_MIN},
        {"1KB", INT64_MIN},
        {"1.5M", INT64_MIN},
        {"1T", INT64_MIN},
        {"9007199254740992G", INT64_MIN},
        {"", INT64_MIN},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        int64_t bytes;
        bool ok = gcn_size_parse(gcn_slice_of(cases[i].text), &bytes);
        assert_int_equal(ok ? bytes : refused, cases[i].bytes);
    }
}

static void seconds_may_have_three_decimals(void **state)
{
    static const struct {
        const char *text;
        int64_t millis;
    } cases[] = {
        {"0", 0},
        {"2", 2000},
        {"0.5", 500},
        {".25", 250},
        {"1.", 1000},
        {" 0.001 ", 1},
        {"0.0001", INT64_MIN},
        {".", INT64_MIN},
        {"", INT64_MIN},
        {"-1", INT64_MIN},
        {"1e3", INT64_MIN},
        {"0,5", INT64_MIN},
        {"1.x", INT64_MIN},
        {"9223372036854775", 9223372036854775000},
        {"9223372036854776", INT64_MIN},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        int64_t millis;
        bool ok = gcn_millis_parse(gcn_slice_of(cases[i].text), &millis);
        assert_int_equal(ok ? millis : refused, cases[i].millis);
    }
}

static void what_does_not_fit_is_told_from_what_is_no_number(void **state)
{
    static const struct {
        const char *text;
        bool huge;
    } cases[] = {
        {"9223372036854775807", false}, {"9223372036854775808", true},
        {"-9223372036854775809", true}, {"1_000_000_000_000_000_000_000", true},
        {"0xfffffffffffffffff", true},  {"99999999999999999999x", false},
        {"x", false},                   {"", false},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_int_equal(gcn_number_is_huge(gcn_slice_of(cases[i].text), GCN_NUMBER_ANY_BASE),
                         cases[i].huge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_python_reads_them),
        cmocka_unit_test(what_does_not_fit_is_told_from_what_is_no_number),
        cmocka_unit_test(sizes_take_k_m_and_g),
        cmocka_unit_test(seconds_may_have_three_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
