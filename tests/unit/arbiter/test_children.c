/* SPDX-License-Identifier: MIT */
/*
 * The table of workers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "children.h"

static void table_finds_what_was_added_and_not_removed(void **state)
{
    struct gcn_children children = {0};

    (void)state;
    for (int i = 1; i <= 100; i++) {
        struct gcn_child child = {.pid = 1000 + i, .age = (uint64_t)i, .generation = i > 60 ? 2 : 1};
        gcn_children_add(&children, &child);
    }
    assert_int_equal(gcn_children_count(&children, 1), 60);
    assert_int_equal(gcn_children_count(&children, 2), 40);
    for (int i = 1; i <= 100; i += 2) {
        gcn_children_remove(&children, gcn_children_find(&children, 1000 + i));
    }
    assert_int_equal(children.n, 50);
    for (int i = 1; i <= 100; i++) {
        struct gcn_child *child = gcn_children_find(&children, 1000 + i);
        if (i % 2 == 1) {
            assert_null(child);
        } else {
            assert_int_equal(child->age, i);
        }
    }
    gcn_children_finish(&children);
    assert_null(gcn_children_find(&children, 1002));
}

static void table_stays_in_order_of_age(void **state)
{
    struct gcn_children children = {0};

    (void)state;
    for (uint64_t i = 1; i <= 5; i++) {
        struct gcn_child child = {.pid = (pid_t)i, .age = i};
        gcn_children_add(&children, &child);
    }
    gcn_children_remove(&children, gcn_children_find(&children, 3));
    gcn_children_remove(&children, gcn_children_find(&children, 5));
    for (size_t i = 1; i < children.n; i++) {
        assert_true(children.items[i - 1].age < children.items[i].age);
    }
    gcn_children_finish(&children);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_finds_what_was_added_and_not_removed),
        cmocka_unit_test(table_stays_in_order_of_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
