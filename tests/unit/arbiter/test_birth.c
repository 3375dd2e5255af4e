/* SPDX-License-Identifier: MIT */
/*
 * Births: the newborn or the arbiter decides, never both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gcorn/proc/scoreboard.h>

#include "birth.h"

static void who_is_born_is_found(void **state)
{
    struct gcn_slot slot = {.pid = 0};

    (void)state;
    assert_int_equal(gcn_birth_pid(&slot), 0);
    gcn_birth_expect(&slot, 7);
    assert_int_equal(gcn_birth_pid(&slot), 0);
    assert_true(gcn_birth_claim(&slot, 7, 1234));
    assert_int_equal(gcn_birth_pid(&slot), 1234);
    assert_int_equal(gcn_birth_forbid(&slot, 7), 1234);
    assert_int_equal(gcn_birth_pid(&slot), 1234);
}

static void who_comes_too_late_has_no_slot(void **state)
{
    struct gcn_slot slot = {.pid = 0};

    (void)state;
    gcn_birth_expect(&slot, 7);
    assert_int_equal(gcn_birth_forbid(&slot, 7), 0);
    assert_false(gcn_birth_claim(&slot, 7, 1234));
    assert_int_equal(gcn_birth_pid(&slot), 0);
}

static void who_comes_too_late_leaves_the_next_one_alone(void **state)
{
    struct gcn_slot slot = {.pid = 0};

    (void)state;
    gcn_birth_expect(&slot, 7);
    assert_int_equal(gcn_birth_forbid(&slot, 7), 0);
    gcn_birth_expect(&slot, 8);
    assert_false(gcn_birth_claim(&slot, 7, 1234));
    assert_true(gcn_birth_claim(&slot, 8, 1235));
    assert_false(gcn_birth_claim(&slot, 7, 1234));
    assert_int_equal(gcn_birth_pid(&slot), 1235);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_born_is_found),
        cmocka_unit_test(who_comes_too_late_has_no_slot),
        cmocka_unit_test(who_comes_too_late_leaves_the_next_one_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
