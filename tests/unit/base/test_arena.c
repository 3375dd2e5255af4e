/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once.
 */
#include <stdalign.h>

#include <harness/check.h>

#include <gcorn/base/arena.h>

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    struct gcn_arena arena = {0};
    char *blocks[300];

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        blocks[i] = gcn_arena_alloc(&arena, i);
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < i; k++) {
            assert_int_equal(blocks[i][k], 0);
        }
        memset(blocks[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < 300; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_int_equal((unsigned char)blocks[i][k], i % 251);
        }
    }
    gcn_arena_finish(&arena);
}

static void more_than_a_block_is_given_in_one_piece(void **state)
{
    struct gcn_arena arena = {0};

    (void)state;
    char *small = gcn_arena_alloc(&arena, 8);
    char *large = gcn_arena_alloc(&arena, 100000);
    memset(large, 1, 100000);
    memset(gcn_arena_alloc(&arena, 16), 2, 16);
    assert_int_equal(small[0], 0);
    assert_int_equal(large[99999], 1);
    gcn_arena_finish(&arena);
}

static void strndup_copies_bytes_and_ends_them(void **state)
{
    struct gcn_arena arena = {0};

    (void)state;
    assert_string_equal(gcn_arena_strndup(&arena, "hello", 4), "hell");
    assert_string_equal(gcn_arena_strndup(&arena, NULL, 0), "");
    assert_memory_equal(gcn_arena_strndup(&arena, "a\0b", 3), "a\0b", 4);
    gcn_arena_finish(&arena);
}

static void a_finished_arena_is_usable(void **state)
{
    struct gcn_arena arena = {0};

    (void)state;
    gcn_arena_finish(&arena);
    assert_string_equal(gcn_arena_strndup(&arena, "x", 1), "x");
    gcn_arena_finish(&arena);
    assert_null(arena.blocks);
    assert_string_equal(gcn_arena_strndup(&arena, "y", 1), "y");
    gcn_arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(more_than_a_block_is_given_in_one_piece),
        cmocka_unit_test(strndup_copies_bytes_and_ends_them),
        cmocka_unit_test(a_finished_arena_is_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
