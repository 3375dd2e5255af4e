/* SPDX-License-Identifier: MIT */
/*
 * Memory that is there or ends the process, and the end of a process (die.h).
 */
#include <harness/check.h>
#include <harness/dies.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

/* Sanitizers answer a huge request with NULL, as malloc does. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void nothing_is_still_a_pointer(void **state)
{
    (void)state;
    void *none = gcn_alloc(0);
    void *zero = gcn_alloc_zero(0, 8);
    assert_non_null(none);
    assert_non_null(zero);
    none = gcn_realloc(none, 0);
    assert_non_null(none);
    gcn_free(none);
    gcn_free(zero);
    gcn_free(NULL);
}

static void zeroed_memory_is_zero_and_grown_memory_keeps_its_bytes(void **state)
{
    (void)state;
    char *bytes = gcn_alloc_zero(100, 10);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(bytes[i], 0);
    }
    memset(bytes, 'x', 1000);
    bytes = gcn_realloc(bytes, 100000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(bytes[i], 'x');
    }
    gcn_free(bytes);
    bytes = gcn_realloc(NULL, 10);
    gcn_free(bytes);
}

static void copies_end_in_a_nul(void **state)
{
    (void)state;
    char *whole = gcn_strdup("text");
    char *part = gcn_strndup("text", 2);
    char *none = gcn_strndup(NULL, 0);
    assert_string_equal(whole, "text");
    assert_string_equal(part, "te");
    assert_string_equal(none, "");
    gcn_free(whole);
    gcn_free(part);
    gcn_free(none);
}

static void ask_too_much(void)
{
    gcn_free(gcn_alloc(SIZE_MAX / 4));
}

static void ask_a_product_that_overflows(void)
{
    gcn_free(gcn_alloc_zero(SIZE_MAX / 2, 4));
}

static void fail_an_assertion(void)
{
    GCN_ASSERT(1 + 1 == 3);
}

static void reach_the_unreachable(void)
{
    GCN_UNREACHABLE("no such state");
}

static void no_memory_ends_the_process_and_says_so(void **state)
{
    (void)state;
    assert_true(dies_with(ask_too_much, "gcorn: out of memory"));
    assert_true(dies_with(ask_a_product_that_overflows, "gcorn: out of memory"));
}

static void a_broken_promise_ends_the_process_and_names_the_place(void **state)
{
    (void)state;
    assert_true(dies_with(fail_an_assertion, "test_mem.c:"));
    assert_true(dies_with(fail_an_assertion, "assertion failed: 1 + 1 == 3"));
    assert_true(dies_with(reach_the_unreachable, "unreachable: no such state"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_still_a_pointer),
        cmocka_unit_test(zeroed_memory_is_zero_and_grown_memory_keeps_its_bytes),
        cmocka_unit_test(copies_end_in_a_nul),
        cmocka_unit_test(no_memory_ends_the_process_and_says_so),
        cmocka_unit_test(a_broken_promise_ends_the_process_and_names_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
