/* SPDX-License-Identifier: MIT */
/*
 * The growing buffer.
 */
#include <harness/check.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/mem.h>

static void an_empty_buffer_owns_nothing(void **state)
{
    struct gcn_buf buf = {0};

    (void)state;
    assert_int_equal(gcn_buf_slice(&buf).len, 0);
    gcn_buf_finish(&buf);
    gcn_buf_finish(&buf);
    assert_null(buf.ptr);
}

static void what_is_appended_stands_there_in_order_with_a_nul(void **state)
{
    struct gcn_buf buf = {0};

    (void)state;
    gcn_buf_append(&buf, "ab", 2);
    gcn_buf_append(&buf, NULL, 0);
    gcn_buf_append_str(&buf, "cd");
    gcn_buf_append_byte(&buf, 'e');
    gcn_buf_printf(&buf, "-%d-%s", 12, "f");
    assert_string_equal(buf.ptr, "abcde-12-f");
    assert_int_equal(buf.len, strlen("abcde-12-f"));
    gcn_buf_finish(&buf);
}

static void a_buffer_grows_past_every_size_without_losing_a_byte(void **state)
{
    struct gcn_buf buf = {0};

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        gcn_buf_append_byte(&buf, (char)('a' + i % 26));
        assert_int_equal(buf.ptr[buf.len], '\0');
    }
    for (size_t i = 0; i < 5000; i++) {
        assert_int_equal(buf.ptr[i], 'a' + i % 26);
    }
    assert_true(buf.cap > buf.len);
    gcn_buf_finish(&buf);
}

static void printf_of_a_long_text_is_whole(void **state)
{
    struct gcn_buf buf = {0};

    (void)state;
    gcn_buf_printf(&buf, "%0*d", 3000, 7);
    assert_int_equal(buf.len, 3000);
    assert_int_equal(buf.ptr[2999], '7');
    gcn_buf_finish(&buf);
}

static void reserve_gives_room_that_the_caller_counts(void **state)
{
    struct gcn_buf buf = {0};

    (void)state;
    gcn_buf_append_str(&buf, "x");
    memcpy(gcn_buf_reserve(&buf, 100), "yz", 2);
    buf.len += 2;
    assert_slice(gcn_buf_slice(&buf), "xyz");
    gcn_buf_finish(&buf);
}

static void take_hands_the_text_over_and_empties_the_buffer(void **state)
{
    struct gcn_buf buf = {0};

    (void)state;
    gcn_buf_append_str(&buf, "text");
    char *text = gcn_buf_take(&buf);
    assert_string_equal(text, "text");
    assert_null(buf.ptr);
    gcn_free(text);
    text = gcn_buf_take(&buf);
    assert_string_equal(text, "");
    gcn_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_owns_nothing),
        cmocka_unit_test(what_is_appended_stands_there_in_order_with_a_nul),
        cmocka_unit_test(a_buffer_grows_past_every_size_without_losing_a_byte),
        cmocka_unit_test(printf_of_a_long_text_is_whole),
        cmocka_unit_test(reserve_gives_room_that_the_caller_counts),
        cmocka_unit_test(take_hands_the_text_over_and_empties_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
