/* SPDX-License-Identifier: MIT */
/*
 * Children and what their end means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/spawn.h>

static void leave(void *context)
{
    const int *code = context;
    _exit(*code);
}

static void die(void *context)
{
    const int *signum = context;
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    signal(*signum, SIG_DFL);
    raise(*signum);
}

static void come_back(void *context)
{
    (void)context;
}

static struct gcn_child_end end_of(gcn_child_fn fn, int value)
{
    int status;
    pid_t pid = gcn_spawn(fn, &value);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return gcn_child_end_decode(status);
}

static void end_tells_codes_boot_failures_and_signals_apart(void **state)
{
    static const struct {
        gcn_child_fn fn;
        int value;
        enum gcn_end_kind kind;
        int code;
        const char *text;
    } cases[] = {
        {leave, 0, GCN_END_OK, 0, "left with code 0"},
        {leave, 1, GCN_END_CODE, 1, "left with code 1"},
        {leave, 3, GCN_END_BOOT, 3, "left with code 3"},
        {leave, 4, GCN_END_BOOT, 4, "left with code 4"},
        {leave, 255, GCN_END_CODE, 255, "left with code 255"},
        {come_back, 0, GCN_END_CODE, GCN_EXIT_ERROR, "left with code 1"},
        {die, SIGKILL, GCN_END_SIGNAL, SIGKILL, "was killed by SIGKILL (out of memory?)"},
        {die, SIGTERM, GCN_END_SIGNAL, SIGTERM, "was killed by SIGTERM"},
        {die, SIGUSR1, GCN_END_SIGNAL, SIGUSR1, "was killed by SIGUSR1"},
    };
    char text[GCN_CHILD_END_BYTES];

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_child_end end = end_of(cases[i].fn, cases[i].value);
        assert_int_equal(end.kind, cases[i].kind);
        assert_int_equal(end.code, cases[i].code);
        assert_string_equal(gcn_child_end_print(end, text), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_tells_codes_boot_failures_and_signals_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
