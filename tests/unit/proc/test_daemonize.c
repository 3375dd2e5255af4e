/* SPDX-License-Identifier: MIT */
/*
 * The background process and what its foreground hears of it. A child of the test is the command,
 * so that the test stays in the foreground.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/daemonize.h>
#include <gcorn/proc/exitcode.h>
#include <gcorn/proc/spawn.h>

static void run_command(void *context)
{
    const int *outcome = context;
    struct gcn_daemon daemon = {.report_fd = -1};
    struct gcn_error err = {{0}};
    int code = 99;
    pid_t session = getsid(0);

    switch (gcn_daemon_start(&daemon, &code, &err)) {
    case GCN_DAEMON_FOREGROUND:
        _exit(code);
    case GCN_DAEMON_BACKGROUND:
        if (*outcome >= 0) {
            bool apart = getsid(0) != session && getsid(0) != getpid() && umask(0) == 022;
            gcn_daemon_report(&daemon, apart ? *outcome : 98);
            gcn_daemon_report(&daemon, 97);
        }
        _exit(0);
    case GCN_DAEMON_FAILED:
        _exit(96);
    }
}

static void foreground_leaves_with_what_the_background_reports(void **state)
{
    static const struct {
        int outcome, code; /* outcome -1: it ends without a word */
    } cases[] = {{0, 0}, {1, 1}, {3, 3}, {-1, 1}};

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        int status, outcome = cases[i].outcome;
        pid_t pid = gcn_spawn(run_command, &outcome);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(gcn_child_end_decode(status).code, cases[i].code);
    }
}

static void run_speechless_command(void *context)
{
    const int *ends = context;
    int outcome = -1;

    if (dup2(ends[1], STDERR_FILENO) < 0) {
        _exit(95);
    }
    close(ends[1]);
    run_command(&outcome);
}

/* Two processes are allowed: the command and its first child. */
static void run_limited_command(void *context)
{
    const struct rlimit limit = {2, 2};

    if (setuid((uid_t)(100000 + getpid())) < 0 || setrlimit(RLIMIT_NPROC, &limit) < 0) {
        _exit(95);
    }
    run_speechless_command(context);
}

/* `command` fails, and `line` is all that it says. */
static void assert_says(void (*command)(void *context), const char *line)
{
    char text[512] = "";
    int ends[2], status;

    assert_return_code(pipe(ends), errno);
    pid_t pid = gcn_spawn(command, ends);
    close(ends[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(gcn_child_end_decode(status).code, GCN_EXIT_ERROR);
    ssize_t n = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    assert_true(n > 0);
    assert_non_null(strstr(text, line));
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
}

static void a_background_that_is_killed_is_told(void **state)
{
    (void)state;
    assert_says(run_speechless_command, "in the background has ended before it was up");
}

static void a_background_that_cannot_be_forked_is_told(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip(); /* only root can become somebody who has no other processes */
    }
    assert_says(run_limited_command, "cannot fork into the background");
}

static void detach(void *context)
{
    const int *inherit = context;
    struct stat null_stat, out_stat;

    gcn_daemon_detach_stdio(open("/dev/null", O_RDWR | O_CLOEXEC), *inherit != 0);
    stat("/dev/null", &null_stat);
    fstat(STDOUT_FILENO, &out_stat);
    bool is_null = out_stat.st_rdev == null_stat.st_rdev && S_ISCHR(out_stat.st_mode);
    _exit(is_null == (*inherit == 0) ? 0 : 1);
}

static void detach_to(void *context)
{
    int ends[2];

    if (pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO) {
        detach(context);
    }
    _exit(2);
}

static void output_is_kept_only_if_it_is_asked_for(void **state)
{
    (void)state;
    for (int inherit = 0; inherit <= 1; inherit++) {
        int status;
        pid_t pid = gcn_spawn(detach_to, &inherit);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(gcn_child_end_decode(status).code, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreground_leaves_with_what_the_background_reports),
        cmocka_unit_test(a_background_that_is_killed_is_told),
        cmocka_unit_test(a_background_that_cannot_be_forked_is_told),
        cmocka_unit_test(output_is_kept_only_if_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
