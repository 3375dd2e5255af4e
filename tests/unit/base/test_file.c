/* SPDX-License-Identifier: MIT */
/*
 * Small files.
 */
#include <harness/check.h>

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/file.h>

static void a_file_is_read_as_a_string_and_no_further_than_there_is_room(void **state)
{
    char path[32], text[8];
    int fd = memfd_create("small", MFD_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_int_equal(gcn_file_read(path, text, sizeof(text)), 0);
    assert_string_equal(text, "");
    assert_int_equal(write(fd, "12345\n", 6), 6);
    assert_int_equal(gcn_file_read(path, text, sizeof(text)), 6);
    assert_string_equal(text, "12345\n");
    assert_int_equal(gcn_file_read(path, text, 4), 3);
    assert_string_equal(text, "123");
    close(fd);
}

static void what_cannot_be_read_is_empty(void **state)
{
    static const struct {
        const char *path;
        int reason;
    } cases[] = {{"/no/such", ENOENT}, {"/", EISDIR}};

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        char text[8] = "old";
        assert_int_equal(gcn_file_read(cases[i].path, text, sizeof(text)), -1);
        assert_int_equal(errno, cases[i].reason);
        assert_string_equal(text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_as_a_string_and_no_further_than_there_is_room),
        cmocka_unit_test(what_cannot_be_read_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
