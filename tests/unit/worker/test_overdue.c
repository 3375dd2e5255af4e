/* SPDX-License-Identifier: MIT */
/*
 * The bookkeeping of calls that take too long, with a clock of the test's own.
 */
#include "harness/check.h"

#include "overdue.h"

enum { LIMIT = 1000, GRACE = 500 };

static struct gcn_overdue overdue;
static struct gcn_exchange one, two;

static int setup(void **state)
{
    (void)state;
    memset(&one, 0, sizeof(one));
    memset(&two, 0, sizeof(two));
    gcn_overdue_init(&overdue, LIMIT, GRACE);
    gcn_overdue_begin(&overdue, &one, 100);
    gcn_overdue_begin(&overdue, &two, 300);
    return 0;
}

static void calls_become_overdue_in_the_order_in_which_they_began(void **state)
{
    (void)state;
    assert_int_equal(gcn_overdue_next_us(&overdue), 100 + LIMIT);
    assert_null(gcn_overdue_next(&overdue, 100 + LIMIT - 1));
    assert_ptr_equal(gcn_overdue_next(&overdue, 100 + LIMIT), &one);
    assert_null(gcn_overdue_next(&overdue, 100 + LIMIT));
    assert_int_equal(gcn_overdue_next_us(&overdue), 300 + LIMIT);
    assert_ptr_equal(gcn_overdue_next(&overdue, 300 + LIMIT), &two);
    assert_int_equal(overdue.n_stuck, 2);
}

static void a_call_that_ended_is_never_overdue(void **state)
{
    (void)state;
    gcn_overdue_end(&overdue, &one);
    assert_ptr_equal(gcn_overdue_next(&overdue, 10000), &two);
    gcn_overdue_end(&overdue, &two);
    assert_null(gcn_overdue_next(&overdue, 10000));
    assert_int_equal(overdue.n_stuck, 0);
    assert_int_equal(gcn_overdue_next_us(&overdue), INT64_MAX);
}

static void a_stuck_call_retires_the_worker_once_after_the_grace(void **state)
{
    (void)state;
    gcn_overdue_end(&overdue, &two);
    assert_ptr_equal(gcn_overdue_next(&overdue, 100 + LIMIT), &one);
    assert_int_equal(gcn_overdue_next_us(&overdue), 100 + LIMIT + GRACE);
    assert_false(gcn_overdue_retires(&overdue, 100 + LIMIT + GRACE - 1));
    assert_true(gcn_overdue_retires(&overdue, 100 + LIMIT + GRACE));
    assert_false(gcn_overdue_retires(&overdue, 100 + LIMIT + GRACE));
    assert_int_equal(gcn_overdue_next_us(&overdue), INT64_MAX);
}

static void calls_are_hopeless_when_each_has_had_its_grace(void **state)
{
    (void)state;
    assert_false(gcn_overdue_is_hopeless(&overdue, 10000)); /* none was given up */
    assert_ptr_equal(gcn_overdue_next(&overdue, 10000), &one);
    assert_ptr_equal(gcn_overdue_next(&overdue, 10000), &two);
    assert_false(gcn_overdue_is_hopeless(&overdue, 300 + LIMIT + GRACE - 1));
    assert_true(gcn_overdue_is_hopeless(&overdue, 300 + LIMIT + GRACE));
    gcn_overdue_end(&overdue, &two);
    assert_true(gcn_overdue_is_hopeless(&overdue, 100 + LIMIT + GRACE));
    gcn_overdue_end(&overdue, &one);
    assert_false(gcn_overdue_is_hopeless(&overdue, 10000));
}

static void no_two_calls_have_the_same_ticket(void **state)
{
    uint64_t first = one.req.ticket;

    (void)state;
    assert_int_not_equal(first, 0);
    assert_int_not_equal(two.req.ticket, first);
    gcn_overdue_end(&overdue, &one);
    gcn_overdue_begin(&overdue, &one, 400); /* the same exchange, with another request */
    assert_int_not_equal(one.req.ticket, first);
}

static void without_a_limit_nothing_is_overdue(void **state)
{
    (void)state;
    gcn_overdue_init(&overdue, 0, GRACE);
    gcn_overdue_begin(&overdue, &one, 100);
    assert_null(gcn_overdue_next(&overdue, INT64_MAX / 2));
    gcn_overdue_end(&overdue, &one);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(calls_become_overdue_in_the_order_in_which_they_began),
        TEST(a_call_that_ended_is_never_overdue),
        TEST(a_stuck_call_retires_the_worker_once_after_the_grace),
        TEST(calls_are_hopeless_when_each_has_had_its_grace),
        TEST(no_two_calls_have_the_same_ticket),
        TEST(without_a_limit_nothing_is_overdue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
