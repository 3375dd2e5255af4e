/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets on loopback and in a directory of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gcorn/net/listener.h>

static const struct gcn_listener_options plain = {
    .backlog = 16, .umask = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};

static struct gcn_addr address(const char *text)
{
    struct gcn_addr addr;
    struct gcn_error err = {{0}};
    assert_true(gcn_addr_parse(gcn_slice_of(text), &addr, &err));
    return addr;
}

/* A new directory; the caller removes it. */
static char *make_dir(char path[64])
{
    strcpy(path, "/tmp/gcorn-listener-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static struct gcn_listener must_open(const char *text)
{
    struct gcn_listener listener;
    struct gcn_addr addr = address(text);
    struct gcn_error err = {{0}};
    if (!gcn_listener_open(&listener, &addr, &plain, &err)) {
        fail_msg("%s: %s", text, err.text);
    }
    return listener;
}

static void listener_says_which_port_the_kernel_chose(void **state)
{
    char text[GCN_ADDR_TEXT_BYTES], expected[64];
    struct gcn_listener listener = must_open("127.0.0.1:0");

    (void)state;
    assert_string_equal(listener.host, "127.0.0.1");
    assert_int_not_equal(atoi(listener.port), 0);
    snprintf(expected, sizeof(expected), "http://127.0.0.1:%s", listener.port);
    assert_string_equal(gcn_listener_print(&listener, false, text), expected);
    gcn_listener_close(&listener);
    assert_int_equal(listener.fd, -1);
    gcn_listener_close(&listener);
}

static void listener_is_nonblocking_and_closed_on_exec(void **state)
{
    struct gcn_listener listener = must_open("localhost:0");

    (void)state;
    assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);
    gcn_listener_close(&listener);
}

static void listener_reports_a_taken_port(void **state)
{
    char text[64];
    struct gcn_error err = {{0}};
    struct gcn_listener first = must_open("127.0.0.1:0"), second;

    (void)state;
    snprintf(text, sizeof(text), "127.0.0.1:%s", first.port);
    struct gcn_addr addr = address(text);
    assert_false(gcn_listener_open(&second, &addr, &plain, &err));
    assert_int_equal(errno, EADDRINUSE);
    assert_non_null(strstr(err.text, text));
    assert_int_equal(second.fd, -1);
    gcn_listener_close(&first);
}

static void listener_shares_a_port_when_told_to(void **state)
{
    char text[64];
    struct gcn_error err = {{0}};
    struct gcn_listener_options shared = plain;
    struct gcn_listener first, second;
    struct gcn_addr addr = address("127.0.0.1:0");

    (void)state;
    shared.reuse_port = true;
    assert_true(gcn_listener_open(&first, &addr, &shared, &err));
    snprintf(text, sizeof(text), "127.0.0.1:%s", first.port);
    addr = address(text);
    assert_true(gcn_listener_open(&second, &addr, &shared, &err));
    gcn_listener_close(&first);
    gcn_listener_close(&second);
}

static void listener_says_which_host_it_does_not_find(void **state)
{
    struct gcn_error err = {{0}};
    struct gcn_listener listener;
    struct gcn_addr addr = address("nowhere.invalid:80");

    (void)state;
    assert_false(gcn_listener_open(&listener, &addr, &plain, &err));
    assert_non_null(strstr(err.text, "nowhere.invalid"));
}

static void unix_listener_makes_its_file_under_the_umask(void **state)
{
    char dir[64], text[128];
    struct stat st;
    struct gcn_error err = {{0}};
    struct gcn_listener_options strict = plain;
    struct gcn_listener listener;

    (void)state;
    snprintf(text, sizeof(text), "unix:%s/s", make_dir(dir));
    strict.umask = 0077;
    struct gcn_addr addr = address(text);
    assert_true(gcn_listener_open(&listener, &addr, &strict, &err));
    assert_int_equal(stat(addr.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    char printed[GCN_ADDR_TEXT_BYTES];
    assert_string_equal(gcn_listener_print(&listener, true, printed), text);
    gcn_listener_unlink(&listener);
    assert_int_equal(stat(addr.path, &st), -1);
    gcn_listener_close(&listener);
    assert_int_equal(rmdir(dir), 0);
}

static void unix_listener_replaces_a_stale_file_but_not_a_live_one(void **state)
{
    char dir[64], text[128];
    struct gcn_error err = {{0}};
    struct gcn_listener second;

    (void)state;
    snprintf(text, sizeof(text), "unix:%s/s", make_dir(dir));
    struct gcn_listener first = must_open(text);
    struct gcn_addr addr = address(text);
    assert_false(gcn_listener_open(&second, &addr, &plain, &err));
    assert_int_equal(errno, EADDRINUSE);
    close(first.fd); /* as if its process had died */
    first.fd = -1;
    second = must_open(text);
    gcn_listener_unlink(&first); /* not its file any more */
    gcn_listener_close(&first);
    struct stat st;
    assert_int_equal(stat(addr.path, &st), 0);
    gcn_listener_unlink(&second);
    gcn_listener_close(&second);
    assert_int_equal(rmdir(dir), 0);
}

static void unix_listener_leaves_other_files_alone(void **state)
{
    char dir[64], text[128];
    struct gcn_error err = {{0}};
    struct gcn_listener listener;

    (void)state;
    snprintf(text, sizeof(text), "unix:%s/s", make_dir(dir));
    struct gcn_addr addr = address(text);
    int fd = open(addr.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_false(gcn_listener_open(&listener, &addr, &plain, &err));
    assert_non_null(strstr(err.text, "is not a socket"));
    assert_int_equal(unlink(addr.path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void listener_adopts_a_bound_socket(void **state)
{
    char text[32];
    struct gcn_error err = {{0}};
    struct gcn_listener listener;
    struct sockaddr_in in = {.sin_family = AF_INET};

    (void)state;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    snprintf(text, sizeof(text), "fd://%d", fd);
    struct gcn_addr addr = address(text);
    assert_true(gcn_listener_open(&listener, &addr, &plain, &err));
    assert_int_equal(listener.fd, fd);
    assert_true(listener.adopted);
    assert_string_equal(listener.host, "127.0.0.1");
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    int listening = 0;
    socklen_t len = sizeof(listening);
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
    assert_int_equal(listening, 1);
    gcn_listener_close(&listener);
}

static void listener_shows_the_name_of_an_abstract_socket(void **state)
{
    char name[64], text[GCN_ADDR_TEXT_BYTES];
    struct gcn_error err = {{0}};
    struct gcn_listener listener;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int len = snprintf(name, sizeof(name), "unix:@gcorn-listener-%d", (int)getpid()) - 5;

    (void)state;
    memcpy(un.sun_path + 1, name + 6, (size_t)len - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(fd, (void *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)), 0);
    assert_true(gcn_listener_adopt(&listener, fd, &plain, &err));
    assert_string_equal(gcn_listener_print(&listener, false, text), name);
    gcn_listener_close(&listener);
}

static void listener_refuses_descriptors_that_are_no_stream_sockets(void **state)
{
    struct gcn_listener listener;
    struct gcn_error err = {{0}};
    int pipes[2], datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    assert_false(gcn_listener_adopt(&listener, pipes[0], &plain, &err));
    assert_non_null(strstr(err.text, "not a socket"));
    err.text[0] = '\0';
    assert_false(gcn_listener_adopt(&listener, datagram, &plain, &err));
    assert_non_null(strstr(err.text, "stream socket"));
    err.text[0] = '\0';
    assert_false(gcn_listener_adopt(&listener, 1000, &plain, &err));
    assert_non_null(strstr(err.text, "was not inherited"));
    close(pipes[0]);
    close(pipes[1]);
    close(datagram);
}

static void kernel_says_its_longest_queue(void **state)
{
    (void)state;
    assert_true(gcn_listener_backlog_cap() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_says_which_port_the_kernel_chose),
        cmocka_unit_test(listener_is_nonblocking_and_closed_on_exec),
        cmocka_unit_test(listener_reports_a_taken_port),
        cmocka_unit_test(listener_shares_a_port_when_told_to),
        cmocka_unit_test(listener_says_which_host_it_does_not_find),
        cmocka_unit_test(unix_listener_makes_its_file_under_the_umask),
        cmocka_unit_test(unix_listener_replaces_a_stale_file_but_not_a_live_one),
        cmocka_unit_test(unix_listener_leaves_other_files_alone),
        cmocka_unit_test(listener_adopts_a_bound_socket),
        cmocka_unit_test(listener_shows_the_name_of_an_abstract_socket),
        cmocka_unit_test(listener_refuses_descriptors_that_are_no_stream_sockets),
        cmocka_unit_test(kernel_says_its_longest_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
