/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that forked children of the app must not keep.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include <gcorn/base/ownfd.h>

static int open_null(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void all_that_are_remembered_are_closed_and_no_others(void **state)
{
    int low = open_null(), other = open_null(), high = fcntl(low, F_DUPFD_CLOEXEC, 200);

    (void)state;
    assert_true(high >= 200);
    gcn_ownfd_add(low);
    gcn_ownfd_add(high);
    gcn_ownfd_add(-1);
    gcn_ownfd_close_all();
    assert_false(is_open(low) || is_open(high));
    assert_true(is_open(other));
    close(other);
}

static void one_that_was_closed_is_forgotten(void **state)
{
    int fd = open_null();

    (void)state;
    gcn_ownfd_add(fd);
    gcn_ownfd_close(fd);
    assert_false(is_open(fd));
    assert_int_equal(open_null(), fd); /* somebody else's now */
    gcn_ownfd_close_all();
    assert_true(is_open(fd));
    gcn_ownfd_close(fd); /* closing one that is not remembered closes it all the same */
    assert_false(is_open(fd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_are_remembered_are_closed_and_no_others),
        cmocka_unit_test(one_that_was_closed_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
