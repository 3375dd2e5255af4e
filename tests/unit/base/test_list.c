/* SPDX-License-Identifier: MIT */
/*
 * The intrusive ring.
 */
#include <harness/check.h>

#include <gcorn/base/list.h>

struct item {
    int value;
    struct gcn_list link;
};

static int first_value(const struct gcn_list *list)
{
    return GCN_CONTAINER_OF(gcn_list_first(list), struct item, link)->value;
}

static void entries_come_out_in_the_order_they_went_in(void **state)
{
    struct gcn_list list;
    struct item items[5];

    (void)state;
    gcn_list_init(&list);
    assert_true(gcn_list_is_empty(&list));
    assert_null(gcn_list_first(&list));
    for (int i = 0; i < 5; i++) {
        items[i].value = i;
        gcn_list_push(&list, &items[i].link);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(first_value(&list), i);
        gcn_list_remove(gcn_list_first(&list));
    }
    assert_true(gcn_list_is_empty(&list));
}

static void an_entry_leaves_from_anywhere_and_removing_it_twice_is_harmless(void **state)
{
    struct gcn_list list;
    struct item items[3];

    (void)state;
    gcn_list_init(&list);
    for (int i = 0; i < 3; i++) {
        items[i].value = i;
        gcn_list_push(&list, &items[i].link);
    }
    gcn_list_remove(&items[1].link);
    gcn_list_remove(&items[1].link);
    assert_true(gcn_list_is_empty(&items[1].link));
    assert_ptr_equal(items[0].link.next, &items[2].link);
    assert_ptr_equal(items[2].link.prev, &items[0].link);
    gcn_list_remove(&items[2].link);
    gcn_list_push(&list, &items[1].link);
    assert_int_equal(first_value(&list), 0);
    assert_ptr_equal(items[0].link.next, &items[1].link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_out_in_the_order_they_went_in),
        cmocka_unit_test(an_entry_leaves_from_anywhere_and_removing_it_twice_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
