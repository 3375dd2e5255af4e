/* SPDX-License-Identifier: MIT */
/*
 * Deadline queues. Time is what the tests say it is.
 */
#include <harness/check.h>

#include <gcorn/base/compiler.h>
#include <gcorn/net/timeq.h>

static void entries_expire_in_order_and_not_before_their_time(void **state)
{
    struct gcn_timeq queue;
    struct gcn_timeq_entry a, b;

    (void)state;
    gcn_timeq_init(&queue, 100);
    gcn_timeq_entry_init(&a);
    gcn_timeq_entry_init(&b);
    assert_int_equal(gcn_timeq_next_us(&queue), INT64_MAX);
    gcn_timeq_push(&queue, &a, 1000);
    gcn_timeq_push(&queue, &b, 1050);
    assert_int_equal(gcn_timeq_next_us(&queue), 1100);
    assert_null(gcn_timeq_expire(&queue, 1099));
    assert_ptr_equal(gcn_timeq_expire(&queue, 1100), &a);
    assert_false(gcn_timeq_is_queued(&a));
    assert_null(gcn_timeq_expire(&queue, 1100));
    assert_int_equal(gcn_timeq_next_us(&queue), 1150);
    assert_ptr_equal(gcn_timeq_expire(&queue, 5000), &b);
    assert_null(gcn_timeq_expire(&queue, 5000));
}

static void pushing_again_starts_the_clock_anew(void **state)
{
    struct gcn_timeq queue;
    struct gcn_timeq_entry a, b;

    (void)state;
    gcn_timeq_init(&queue, 100);
    gcn_timeq_entry_init(&a);
    gcn_timeq_entry_init(&b);
    gcn_timeq_push(&queue, &a, 0);
    gcn_timeq_push(&queue, &b, 10);
    gcn_timeq_push(&queue, &a, 20);
    assert_int_equal(gcn_timeq_next_us(&queue), 110);
    assert_ptr_equal(gcn_timeq_expire(&queue, 1000), &b);
    assert_ptr_equal(gcn_timeq_expire(&queue, 1000), &a);
}

static void an_entry_moves_from_one_queue_to_another(void **state)
{
    struct gcn_timeq slow, fast;
    struct gcn_timeq_entry a;

    (void)state;
    gcn_timeq_init(&slow, 100);
    gcn_timeq_init(&fast, 5);
    gcn_timeq_entry_init(&a);
    gcn_timeq_push(&slow, &a, 0);
    gcn_timeq_push(&fast, &a, 0);
    assert_int_equal(gcn_timeq_next_us(&slow), INT64_MAX);
    assert_int_equal(gcn_timeq_next_us(&fast), 5);
}

static void a_removed_entry_never_expires(void **state)
{
    struct gcn_timeq queue;
    struct gcn_timeq_entry a;

    (void)state;
    gcn_timeq_init(&queue, 100);
    gcn_timeq_entry_init(&a);
    gcn_timeq_remove(&a);
    gcn_timeq_push(&queue, &a, 0);
    gcn_timeq_remove(&a);
    gcn_timeq_remove(&a);
    assert_null(gcn_timeq_expire(&queue, 1000));
}

static void a_span_of_nothing_is_for_ever(void **state)
{
    struct gcn_timeq queue;
    struct gcn_timeq_entry a;

    (void)state;
    gcn_timeq_init(&queue, 0);
    gcn_timeq_entry_init(&a);
    gcn_timeq_push(&queue, &a, 0);
    assert_true(gcn_timeq_is_queued(&a));
    assert_int_equal(gcn_timeq_next_us(&queue), INT64_MAX);
    assert_null(gcn_timeq_expire(&queue, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_expire_in_order_and_not_before_their_time),
        cmocka_unit_test(pushing_again_starts_the_clock_anew),
        cmocka_unit_test(an_entry_moves_from_one_queue_to_another),
        cmocka_unit_test(a_removed_entry_never_expires),
        cmocka_unit_test(a_span_of_nothing_is_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
