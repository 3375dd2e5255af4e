/* SPDX-License-Identifier: MIT */
/*
 * Closed standard streams. A child of the test has none, so that the test keeps its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/spawn.h>
#include <gcorn/proc/stdio.h>

enum { ALL = 7 }; /* a bit for each descriptor */

static bool is_null(int fd)
{
    struct stat here, null;

    return fstat(fd, &here) == 0 && stat("/dev/null", &null) == 0 && here.st_rdev == null.st_rdev &&
           fcntl(fd, F_GETFD) == 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

/* Leaves with the bits of those that are /dev/null now. */
static void fill(void *context)
{
    const int *closed = context;
    struct gcn_error err = {{0}};
    int ends[2], nulls = 0;

    if (pipe(ends) < 0) {
        _exit(99);
    }
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        dup2(ends[1], fd);
        if (*closed & 1 << fd) {
            close(fd);
        }
    }
    if (!gcn_stdio_fill(&err)) {
        _exit(98);
    }
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        nulls |= is_null(fd) ? 1 << fd : 0;
    }
    _exit(nulls);
}

static void what_is_closed_and_nothing_else_becomes_null(void **state)
{
    (void)state;
    for (int closed = 0; closed <= ALL; closed++) {
        int status;
        pid_t pid = gcn_spawn(fill, &closed);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), closed);
    }
}

/* With a limit of descriptors that even the lowest number breaks. */
static void fill_without_room(void *context)
{
    const struct rlimit none = {0, 0};
    struct gcn_error err = {{0}};

    (void)context;
    close(STDIN_FILENO);
    bool failed = setrlimit(RLIMIT_NOFILE, &none) == 0 && !gcn_stdio_fill(&err);
    _exit(failed && err.text[0] != '\0' ? 0 : 1);
}

static void what_cannot_be_opened_is_an_error(void **state)
{
    int status;

    (void)state;
    pid_t pid = gcn_spawn(fill_without_room, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_closed_and_nothing_else_becomes_null),
        cmocka_unit_test(what_cannot_be_opened_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
