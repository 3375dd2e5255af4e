/* SPDX-License-Identifier: MIT */
/*
 * Values noted for the line that is written later.
 */
#include <harness/check.h>

#include <gcorn/log/notes.h>

static void the_last_note_of_a_name_is_found_in_its_table(void **state)
{
    struct gcn_buf notes = {0};

    (void)state;
    assert_null(gcn_note_find(&notes, GCN_ACCESS_RESPONSE, GCN_SLICE("a")).ptr);
    gcn_note_add(&notes, GCN_ACCESS_RESPONSE, GCN_SLICE("Set-Cookie"), GCN_SLICE("a=1"));
    gcn_note_add(&notes, GCN_ACCESS_ENVIRON, GCN_SLICE("set-cookie"), GCN_SLICE("no"));
    gcn_note_add(&notes, GCN_ACCESS_RESPONSE, GCN_SLICE("set-cookie"), GCN_SLICE("b\0\n"));
    gcn_note_add(&notes, GCN_ACCESS_RESPONSE, GCN_SLICE("Empty"), (struct gcn_slice){NULL, 0});
    assert_true(gcn_slice_equal(gcn_note_find(&notes, GCN_ACCESS_RESPONSE, GCN_SLICE("SET-COOKIE")),
                                GCN_SLICE("b\0\n")));
    assert_slice(gcn_note_find(&notes, GCN_ACCESS_ENVIRON, GCN_SLICE("Set-Cookie")), "no");
    struct gcn_slice empty = gcn_note_find(&notes, GCN_ACCESS_RESPONSE, GCN_SLICE("empty"));
    assert_non_null(empty.ptr);
    assert_int_equal(empty.len, 0);
    assert_null(gcn_note_find(&notes, GCN_ACCESS_ENVIRON, GCN_SLICE("empty")).ptr);
    gcn_buf_finish(&notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_note_of_a_name_is_found_in_its_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
