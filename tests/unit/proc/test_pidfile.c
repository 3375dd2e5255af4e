/* SPDX-License-Identifier: MIT */
/*
 * Pidfiles and their stale rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcorn/proc/pidfile.h>

static char dir[64], path[96];

static int set_up(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/gcorn-pidfile-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/pid", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir); /* fails if anything was left aside */
}

static void put(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* The pid of a process that has just ended. */
static pid_t dead_pid(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return pid;
}

static void pidfile_is_a_number_and_a_line_end_that_all_may_read(void **state)
{
    struct gcn_error err = {{0}};
    struct stat st;
    char text[32] = "", expected[32];

    (void)state;
    assert_true(gcn_pidfile_write(path, getpid(), &err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    snprintf(expected, sizeof(expected), "%d\n", (int)getpid());
    assert_string_equal(text, expected);
    assert_int_equal(gcn_pidfile_read(path), getpid());
}

static void stale_and_senseless_files_are_replaced(void **state)
{
    char dead[32];
    const char *texts[] = {"", "\n", "x\n", "-1\n", "99999999999\n", dead};
    struct gcn_error err = {{0}};

    (void)state;
    snprintf(dead, sizeof(dead), "%d\n", (int)dead_pid());
    for (size_t i = 0; i < GCN_COUNT(texts); i++) {
        put(texts[i]);
        assert_true(gcn_pidfile_write(path, getpid(), &err));
        assert_int_equal(gcn_pidfile_read(path), getpid());
    }
}

static void live_process_keeps_its_file(void **state)
{
    char text[32];
    struct gcn_error err = {{0}};

    (void)state;
    snprintf(text, sizeof(text), "%d\n", (int)getppid());
    put(text);
    assert_false(gcn_pidfile_write(path, getpid(), &err));
    assert_non_null(strstr(err.text, "is alive"));
    gcn_pidfile_remove(path, getpid());
    assert_int_equal(gcn_pidfile_read(path), getppid());
}

/* Its parent may be slow to ask for it, or never do. */
static void process_that_has_ended_unasked_for_does_not_keep_its_file(void **state)
{
    struct gcn_error err = {{0}};
    char text[16];
    siginfo_t info;

    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    snprintf(text, sizeof(text), "%d\n", (int)pid);
    put(text);
    assert_true(gcn_pidfile_write(path, getpid(), &err));
    assert_int_equal(gcn_pidfile_read(path), getpid());
    waitpid(pid, NULL, 0);
}

static void own_file_is_removed(void **state)
{
    struct gcn_error err = {{0}};

    (void)state;
    assert_true(gcn_pidfile_write(path, getpid(), &err));
    assert_true(gcn_pidfile_write(path, getpid(), &err));
    gcn_pidfile_remove(path, getpid());
    assert_int_equal(access(path, F_OK), -1);
    gcn_pidfile_remove(path, getpid());
}

static void missing_directory_is_named(void **state)
{
    struct gcn_error err = {{0}};

    (void)state;
    assert_false(gcn_pidfile_write("/nowhere/at/all/pid", getpid(), &err));
    assert_non_null(strstr(err.text, "/nowhere/at/all/pid"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pidfile_is_a_number_and_a_line_end_that_all_may_read),
        TEST(stale_and_senseless_files_are_replaced),
        TEST(live_process_keeps_its_file),
        TEST(process_that_has_ended_unasked_for_does_not_keep_its_file),
        TEST(own_file_is_removed),
        TEST(missing_directory_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
