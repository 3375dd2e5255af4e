/* SPDX-License-Identifier: MIT */
/*
 * The limit of open files, in a child, since a hard limit only goes down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/rlimit.h>
#include <gcorn/proc/spawn.h>

static uint64_t soft_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

static void raise_limits(void *context)
{
    const struct rlimit small = {64, 128};

    (void)context;
    if (setrlimit(RLIMIT_NOFILE, &small) < 0) {
        _exit(1);
    }
    if (gcn_rlimit_descriptors(32) != 64 || soft_limit() != 64) {
        _exit(2); /* what is enough stays */
    }
    if (gcn_rlimit_descriptors(100) != 100 || soft_limit() != 100) {
        _exit(3);
    }
    if (gcn_rlimit_descriptors(1000) != 128 || soft_limit() != 128) {
        _exit(4); /* the hard limit is the end */
    }
    _exit(0);
}

static void limit_is_raised_as_far_as_it_goes(void **state)
{
    int status;

    (void)state;
    pid_t pid = gcn_spawn(raise_limits, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(gcn_child_end_decode(status).code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_is_raised_as_far_as_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
