/* SPDX-License-Identifier: MIT */
/*
 * The title as the kernel shows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/proc/title.h>

static int n_args;
static char **args;
static char **copy; /* lives as long as the process, like the environment's */

static void read_cmdline(char text[4096])
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, text, 4095);
    close(fd);
    assert_true(n > 0);
    text[n] = '\0';
}

static void title_replaces_the_arguments_and_keeps_the_environment(void **state)
{
    char text[4096], first[4096];

    (void)state;
    strcpy(first, args[0]);
    gcn_title_set("ignored before init");
    setenv("GCORN_TEST_BEFORE", "1", 1);
    copy = gcn_title_init(n_args, args);
    gcn_title_set("gcorn: master [%s]", "app");
    read_cmdline(text);
    assert_string_equal(text, "gcorn: master [app]");
    assert_string_equal(copy[0], first);
    assert_null(copy[n_args]);
    assert_non_null(getenv("PATH"));
    assert_string_equal(getenv("GCORN_TEST_BEFORE"), "1");
    gcn_title_set("%0300d", 1);
    read_cmdline(text);
    assert_true(strlen(text) > 20);
    assert_non_null(getenv("PATH"));
    gcn_title_set("x");
    read_cmdline(text);
    assert_string_equal(text, "x");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(title_replaces_the_arguments_and_keeps_the_environment),
    };
    n_args = argc;
    args = argv;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
