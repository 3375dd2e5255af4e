/* SPDX-License-Identifier: MIT */
/*
 * Which bytes may stand in a line of a log.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/utf8.h>

static void well_formed_printable_characters_have_their_length(void **state)
{
    static const struct {
        struct gcn_slice text;
        size_t len;
    } cases[] = {
        {GCN_SLICE(" "), 1},
        {GCN_SLICE("~"), 1},
        {GCN_SLICE("ab"), 1},
        {GCN_SLICE("\xc2\xa0"), 2},         /* U+00A0, the first behind C1 */
        {GCN_SLICE("\xdf\xbf"), 2},         /* U+07FF */
        {GCN_SLICE("\xe0\xa0\x80"), 3},     /* U+0800 */
        {GCN_SLICE("\xe2\x80\xa7"), 3},     /* U+2027 */
        {GCN_SLICE("\xe2\x80\xaa"), 3},     /* U+202A */
        {GCN_SLICE("\xed\x9f\xbf"), 3},     /* U+D7FF */
        {GCN_SLICE("\xef\xbf\xbd"), 3},     /* U+FFFD */
        {GCN_SLICE("\xf0\x90\x80\x80"), 4}, /* U+10000 */
        {GCN_SLICE("\xf4\x8f\xbf\xbf"), 4}, /* U+10FFFF */
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_int_equal(gcn_utf8_printable(cases[i].text.ptr, cases[i].text.len), cases[i].len);
    }
}

static void malformed_bytes_and_controls_have_none(void **state)
{
    static const struct gcn_slice cases[] = {
        GCN_SLICE("\0"),
        GCN_SLICE("\n"),
        GCN_SLICE("\t"),
        GCN_SLICE("\x1f"),
        GCN_SLICE("\x7f"),
        GCN_SLICE("\x80"),             /* a continuation alone */
        GCN_SLICE("\xc2\x85"),         /* U+0085, NEXT LINE */
        GCN_SLICE("\xc2\x9b"),         /* U+009B, a terminal's CSI */
        GCN_SLICE("\xe2\x80\xa8"),     /* U+2028 */
        GCN_SLICE("\xe2\x80\xa9"),     /* U+2029 */
        GCN_SLICE("\xc0\x80"),         /* overlong NUL */
        GCN_SLICE("\xc1\xbf"),         /* overlong */
        GCN_SLICE("\xe0\x9f\xbf"),     /* overlong */
        GCN_SLICE("\xf0\x8f\xbf\xbf"), /* overlong */
        GCN_SLICE("\xed\xa0\x80"),     /* a surrogate */
        GCN_SLICE("\xf4\x90\x80\x80"), /* above U+10FFFF */
        GCN_SLICE("\xf5\x80\x80\x80"),
        GCN_SLICE("\xff"),
        GCN_SLICE("\xc3"),         /* cut */
        GCN_SLICE("\xe2\x82"),     /* cut */
        GCN_SLICE("\xf0\x9f\x98"), /* cut */
        GCN_SLICE("\xc3("),
        GCN_SLICE("\xe2\x82("),
        GCN_SLICE("\xf0\x9f\x98("),
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_int_equal(gcn_utf8_printable(cases[i].ptr, cases[i].len), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_printable_characters_have_their_length),
        cmocka_unit_test(malformed_bytes_and_controls_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
