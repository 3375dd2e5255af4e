/* SPDX-License-Identifier: MIT */
/*
 * Comparing, trimming and cutting borrowed bytes.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>

static const struct gcn_slice nothing = {NULL, 0};

static void slices_are_equal_only_with_both_lengths(void **state)
{
    (void)state;
    assert_true(gcn_slice_equal(GCN_SLICE("abc"), GCN_SLICE("abc")));
    assert_false(gcn_slice_equal(GCN_SLICE("abc"), GCN_SLICE("ab")));
    assert_false(gcn_slice_equal(GCN_SLICE("ab"), GCN_SLICE("abc")));
    assert_false(gcn_slice_equal(GCN_SLICE("abc"), GCN_SLICE("ABC")));
    assert_true(gcn_slice_equal(GCN_SLICE("a\0b"), GCN_SLICE("a\0b")));
    assert_false(gcn_slice_equal(GCN_SLICE("a\0b"), GCN_SLICE("a\0c")));
    assert_true(gcn_slice_equal(nothing, GCN_SLICE("")));
}

static void comparing_without_case_folds_ascii_letters_only(void **state)
{
    static const struct {
        struct gcn_slice a, b;
        bool equal;
    } cases[] = {
        {GCN_SLICE("Content-Length"), GCN_SLICE("cONTENT-lENGTH"), true},
        {GCN_SLICE("Content-Length"), GCN_SLICE("Content"), false},
        {GCN_SLICE("@["), GCN_SLICE("`{"), false}, /* the neighbours of A and Z */
        {GCN_SLICE("\xc4"), GCN_SLICE("\xe4"), false},
        {GCN_SLICE(""), GCN_SLICE(""), true},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_int_equal(gcn_slice_equal_nocase(cases[i].a, cases[i].b), cases[i].equal);
    }
}

static void prefix_is_stepped_over_only_if_it_is_there(void **state)
{
    struct gcn_slice text = GCN_SLICE("unix:/run/x");

    (void)state;
    assert_false(gcn_slice_skip(&text, "tcp:"));
    assert_slice(text, "unix:/run/x");
    assert_true(gcn_slice_skip(&text, "unix:"));
    assert_slice(text, "/run/x");
    assert_true(gcn_slice_skip(&text, ""));
    assert_false(gcn_slice_skip(&text, "/run/xy"));
    assert_true(gcn_slice_skip(&text, "/run/x"));
    assert_int_equal(text.len, 0);
    text = nothing;
    assert_true(gcn_slice_skip(&text, ""));
    assert_false(gcn_slice_has_prefix(nothing, "a"));
}

static void trim_takes_blanks_and_tabs_off_both_ends(void **state)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {
        {" \t a b\t ", "a b"}, {"ab", "ab"}, {" \t ", ""}, {"", ""}, {"\r\na\n", "\r\na\n"},
    };
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        assert_slice(gcn_slice_trim(gcn_slice_of(cases[i].text)), cases[i].trimmed);
    }
    assert_int_equal(gcn_slice_trim(nothing).len, 0);
}

static void index_is_the_length_if_the_byte_is_absent(void **state)
{
    (void)state;
    assert_int_equal(gcn_slice_index(GCN_SLICE("a:b:c"), ':'), 1);
    assert_int_equal(gcn_slice_index(GCN_SLICE("abc"), ':'), 3);
    assert_int_equal(gcn_slice_index(GCN_SLICE("a\0b"), '\0'), 1);
    assert_int_equal(gcn_slice_index(nothing, ':'), 0);
}

static void cut_splits_at_the_first_byte(void **state)
{
    static const struct {
        const char *text, *head, *tail;
        bool found;
    } cases[] = {
        {"a:b:c", "a", "b:c", true}, {":b", "", "b", true}, {"a:", "a", "", true},
        {"abc", "abc", "", false},   {"", "", "", false},
    };
    struct gcn_slice head, tail;

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        bool found = gcn_slice_cut(gcn_slice_of(cases[i].text), ':', &head, &tail);
        assert_int_equal(found, cases[i].found);
        assert_slice(head, cases[i].head);
        assert_slice(tail, cases[i].tail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_equal_only_with_both_lengths),
        cmocka_unit_test(comparing_without_case_folds_ascii_letters_only),
        cmocka_unit_test(prefix_is_stepped_over_only_if_it_is_there),
        cmocka_unit_test(trim_takes_blanks_and_tabs_off_both_ends),
        cmocka_unit_test(index_is_the_length_if_the_byte_is_absent),
        cmocka_unit_test(cut_splits_at_the_first_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
