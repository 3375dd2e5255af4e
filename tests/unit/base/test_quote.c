/* SPDX-License-Identifier: MIT */
/*
 * Texts as messages show them.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/quote.h>

#define TEN "0123456789"

static void texts_are_quoted_and_cannot_pretend_to_end(void **state)
{
    static const struct {
        struct gcn_slice text;
        const char *quoted;
    } cases[] = {
        {{NULL, 0}, "\"\""},
        {GCN_SLICE("plain"), "\"plain\""},
        {GCN_SLICE("\"q\\"), "\"\\\"q\\\\\""},
        {GCN_SLICE("a\nb\x7f\0c"), "\"a\\x0ab\\x7f\\x00c\""},
        {GCN_SLICE("caf\xc3\xa9"), "\"caf\xc3\xa9\""},
        {GCN_SLICE(TEN TEN TEN TEN TEN TEN TEN TEN), "\"" TEN TEN TEN TEN TEN TEN TEN TEN "\""},
        {GCN_SLICE(TEN TEN TEN TEN TEN TEN TEN TEN "x"),
         "\"" TEN TEN TEN TEN TEN TEN TEN TEN "\"…"},
        {GCN_SLICE(TEN TEN TEN TEN TEN TEN TEN "012345678\xc3\xa9"),
         "\"" TEN TEN TEN TEN TEN TEN TEN "012345678\"…"},
    };
    char room[GCN_QUOTE_BYTES];

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_string_equal(gcn_quote(cases[i].text, room), cases[i].quoted);
    }
}

static void the_longest_fits(void **state)
{
    char text[200], room[GCN_QUOTE_BYTES];

    (void)state;
    memset(text, '\x01', sizeof(text));
    gcn_quote((struct gcn_slice){text, sizeof(text)}, room);
    assert_int_equal(strlen(room), GCN_QUOTE_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_quoted_and_cannot_pretend_to_end),
        cmocka_unit_test(the_longest_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
