/* SPDX-License-Identifier: MIT */
/*
 * Error texts for people.
 */
#include <errno.h>

#include <harness/check.h>

#include <gcorn/base/error.h>

static void the_first_error_wins(void **state)
{
    struct gcn_error err = {{0}};

    (void)state;
    assert_false(gcn_error_set(&err, "port %d is taken", 80));
    assert_false(gcn_error_set(&err, "later"));
    errno = ENOENT;
    assert_false(gcn_error_set_errno(&err, "later still"));
    assert_string_equal(err.text, "port 80 is taken");
}

static void the_text_of_errno_stands_behind_and_errno_is_kept(void **state)
{
    struct gcn_error err = {{0}};

    (void)state;
    errno = ENOENT;
    assert_false(gcn_error_set_errno(&err, "cannot open %s", "a"));
    assert_string_equal(err.text, "cannot open a: No such file or directory");
    assert_int_equal(errno, ENOENT);
}

static void a_prefix_names_the_place(void **state)
{
    struct gcn_error err = {{0}};

    (void)state;
    assert_false(gcn_error_set(&err, "expected a number"));
    assert_false(gcn_error_prefix(&err, "%s:%d", "gcorn.yaml", 12));
    assert_string_equal(err.text, "gcorn.yaml:12: expected a number");
}

static void long_texts_are_cut_to_the_buffer(void **state)
{
    struct gcn_error err = {{0}};

    (void)state;
    errno = EIO;
    assert_false(gcn_error_set_errno(&err, "%05000d", 1));
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_false(gcn_error_prefix(&err, "%s", "place"));
    assert_memory_equal(err.text, "place: 000", 10);
    assert_false(gcn_error_prefix(&err, "%05000d", 2));
    assert_memory_equal(err.text, "place: 000", 10); /* a prefix that leaves no room is not put */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(the_text_of_errno_stands_behind_and_errno_is_kept),
        cmocka_unit_test(a_prefix_names_the_place),
        cmocka_unit_test(long_texts_are_cut_to_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
