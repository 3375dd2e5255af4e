/* SPDX-License-Identifier: MIT */
/*
 * systemd's protocols, against a socket that plays systemd's part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gcorn/proc/systemd.h>

static void set_number(const char *name, long long value)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", value);
    setenv(name, text, 1);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"LISTEN_PID",    "LISTEN_FDS",    "LISTEN_FDNAMES",
                                        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
    (void)state;
    for (size_t i = 0; i < GCN_COUNT(names); i++) {
        unsetenv(names[i]);
    }
    return 0;
}

static void sockets_for_this_process_are_counted_and_the_variables_removed(void **state)
{
    struct gcn_error err = {{0}};
    int n = -1;

    (void)state;
    set_number("LISTEN_PID", getpid());
    set_number("LISTEN_FDS", 2);
    setenv("LISTEN_FDNAMES", "a:b", 1);
    assert_true(gcn_systemd_take_fds(&n, &err));
    assert_int_equal(n, 2);
    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDS"));
    assert_null(getenv("LISTEN_FDNAMES"));
    assert_true(gcn_systemd_take_fds(&n, &err));
    assert_int_equal(n, 0);
}

static void sockets_for_another_process_are_not_ours(void **state)
{
    struct gcn_error err = {{0}};
    int n = -1;

    (void)state;
    set_number("LISTEN_PID", getppid());
    set_number("LISTEN_FDS", 2);
    assert_true(gcn_systemd_take_fds(&n, &err));
    assert_int_equal(n, 0);
    setenv("LISTEN_FDS", "many", 1);
    assert_true(gcn_systemd_take_fds(&n, &err));
    unsetenv("LISTEN_FDS");
    assert_true(gcn_systemd_take_fds(&n, &err));
    assert_int_equal(n, 0);
}

static void senseless_variables_are_an_error(void **state)
{
    static const char *const pids[] = {"", "x", "-1"};
    struct gcn_error err = {{0}};
    int n;

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(pids); i++) {
        setenv("LISTEN_PID", pids[i], 1);
        setenv("LISTEN_FDS", "1", 1);
        assert_false(gcn_systemd_take_fds(&n, &err));
    }
    set_number("LISTEN_PID", getpid());
    unsetenv("LISTEN_FDS");
    assert_false(gcn_systemd_take_fds(&n, &err));
}

/* A bound datagram socket; its name goes to NOTIFY_SOCKET. */
static int play_systemd(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memcpy(un.sun_path, name, len);
    if (name[0] == '@') {
        un.sun_path[0] = '\0';
    }
    assert_int_equal(bind(fd, (void *)&un,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void messages_arrive_whole_at_paths_and_abstract_names(void **state)
{
    char names[2][64], text[64];

    (void)state;
    snprintf(names[0], sizeof(names[0]), "/tmp/gcorn-notify-%d", (int)getpid());
    snprintf(names[1], sizeof(names[1]), "@gcorn-notify-%d", (int)getpid());
    for (size_t i = 0; i < 2; i++) {
        int fd = play_systemd(names[i]);
        gcn_systemd_notify("READY=1\nSTATUS=%d workers\n", 4);
        ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
        assert_true(n > 0);
        text[n] = '\0';
        assert_string_equal(text, "READY=1\nSTATUS=4 workers\n");
        close(fd);
    }
    unlink(names[0]);
}

static void messages_to_nobody_are_dropped(void **state)
{
    (void)state;
    gcn_systemd_notify("READY=1\n");
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    gcn_systemd_notify("READY=1\n");
    setenv("NOTIFY_SOCKET", "relative", 1);
    gcn_systemd_notify("READY=1\n");
}

static void watchdog_is_for_the_process_that_it_names(void **state)
{
    (void)state;
    assert_int_equal(gcn_systemd_watchdog_ms(), 0);
    set_number("WATCHDOG_USEC", 3000000);
    assert_int_equal(gcn_systemd_watchdog_ms(), 3000);
    set_number("WATCHDOG_PID", getpid());
    assert_int_equal(gcn_systemd_watchdog_ms(), 3000);
    set_number("WATCHDOG_PID", getppid());
    assert_int_equal(gcn_systemd_watchdog_ms(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(gcn_systemd_watchdog_ms(), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sockets_for_this_process_are_counted_and_the_variables_removed),
        TEST(sockets_for_another_process_are_not_ours),
        TEST(senseless_variables_are_an_error),
        TEST(messages_arrive_whole_at_paths_and_abstract_names),
        TEST(messages_to_nobody_are_dropped),
        TEST(watchdog_is_for_the_process_that_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
