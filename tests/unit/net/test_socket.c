/* SPDX-License-Identifier: MIT */
/*
 * Non-blocking socket calls, over a pair of unix stream sockets.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/clock.h>
#include <gcorn/net/socket.h>

enum { TICK_US = 10000 }; /* the kernel measures in ticks, which are no longer */

/* Two connected ends, non-blocking. */
struct pair {
    int near, far;
};

static int set_up(void **state)
{
    static struct pair pair;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0) {
        return -1;
    }
    pair = (struct pair){fds[0], fds[1]};
    *state = &pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;

    close(pair->near);
    close(pair->far);
    return 0;
}

static void close_far(struct pair *pair)
{
    close(pair->far);
    pair->far = -1;
}

static void reading_tells_bytes_from_nothing_from_the_end(void **state)
{
    struct pair *pair = *state;
    char bytes[8];
    size_t done = 99;

    assert_int_equal(gcn_socket_read(pair->near, bytes, sizeof(bytes), &done), GCN_IO_AGAIN);
    assert_int_equal(done, 0);
    assert_int_equal(write(pair->far, "abc", 3), 3);
    assert_int_equal(gcn_socket_read(pair->near, bytes, sizeof(bytes), &done), GCN_IO_OK);
    assert_int_equal(done, 3);
    assert_memory_equal(bytes, "abc", 3);
    close_far(pair);
    done = 99;
    assert_int_equal(gcn_socket_read(pair->near, bytes, sizeof(bytes), &done), GCN_IO_EOF);
    assert_int_equal(done, 0);
}

static void an_error_leaves_errno(void **state)
{
    char bytes[8];
    size_t done = 99;

    (void)state;
    assert_int_equal(gcn_socket_read(-1, bytes, sizeof(bytes), &done), GCN_IO_ERROR);
    assert_int_equal(errno, EBADF);
    assert_int_equal(done, 0);
}

static void writing_stops_when_the_socket_is_full_and_goes_on_when_it_is_not(void **state)
{
    struct pair *pair = *state;
    static char bytes[65536];
    size_t done, total = 0;
    enum gcn_io io;

    while ((io = gcn_socket_write(pair->near, bytes, sizeof(bytes), GCN_PUSH_NOW, &done)) ==
           GCN_IO_OK) {
        assert_true(done > 0);
        total += done;
    }
    assert_int_equal(io, GCN_IO_AGAIN);
    while (gcn_socket_read(pair->far, bytes, sizeof(bytes), &done) == GCN_IO_OK) {
        total -= done;
    }
    assert_int_equal(total, 0);
    assert_int_equal(gcn_socket_write(pair->near, bytes, 1, GCN_PUSH_NOW, &done), GCN_IO_OK);
}

static void a_peer_that_left_is_an_error_and_no_signal(void **state)
{
    struct pair *pair = *state;
    char byte[] = "x";
    const struct iovec piece = {.iov_base = byte, .iov_len = 1};
    size_t done;

    signal(SIGPIPE, SIG_DFL);
    close_far(pair);
    assert_int_equal(gcn_socket_write(pair->near, "x", 1, GCN_PUSH_NOW, &done),
                     GCN_IO_ERROR);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(gcn_socket_writev(pair->near, &piece, 1, GCN_PUSH_NOW, &done),
                     GCN_IO_ERROR);
    assert_int_equal(errno, EPIPE);
}

static void pieces_leave_in_order_in_one_call(void **state)
{
    struct pair *pair = *state;
    char text[] = "one,two";
    const struct iovec pieces[] = {
        {.iov_base = text, .iov_len = 4},
        {.iov_base = text, .iov_len = 0},
        {.iov_base = text + 4, .iov_len = 3},
    };
    char bytes[16];
    size_t done;

    assert_int_equal(gcn_socket_writev(pair->near, pieces, 3, GCN_PUSH_NOW, &done), GCN_IO_OK);
    assert_int_equal(done, 7);
    assert_int_equal(gcn_socket_read(pair->far, bytes, sizeof(bytes), &done), GCN_IO_OK);
    assert_int_equal(done, 7);
    assert_memory_equal(bytes, "one,two", 7);
}

static void a_file_is_sent_from_its_offset_and_its_end_is_seen(void **state)
{
    struct pair *pair = *state;
    char name[] = "/tmp/gcorn-test-XXXXXX";
    char bytes[16];
    off_t offset = 2;
    size_t done;

    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    assert_int_equal(gcn_socket_sendfile(pair->near, fd, &offset, 5, &done), GCN_IO_OK);
    assert_int_equal(done, 5);
    assert_int_equal(offset, 7);
    assert_int_equal(gcn_socket_sendfile(pair->near, fd, &offset, 100, &done), GCN_IO_OK);
    assert_int_equal(done, 3);
    assert_int_equal(gcn_socket_sendfile(pair->near, fd, &offset, 100, &done), GCN_IO_EOF);
    assert_int_equal(gcn_socket_read(pair->far, bytes, sizeof(bytes), &done), GCN_IO_OK);
    assert_int_equal(done, 8);
    assert_memory_equal(bytes, "23456789", 8);
    close(fd);
}

/* A listening socket on 127.0.0.1, and a connection to it. */
static int listen_tcp(struct sockaddr_in *addr)
{
    socklen_t len = sizeof(*addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)addr, len), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
    return fd;
}

static int connect_tcp(const struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)addr, sizeof(*addr)), 0);
    return fd;
}

static void the_kernel_tells_how_many_connections_wait(void **state)
{
    struct pair *pair = *state;
    struct sockaddr_in addr;
    int clients[2];

    int fd = listen_tcp(&addr);
    assert_int_equal(gcn_socket_queue_length(fd), 0);
    clients[0] = connect_tcp(&addr);
    clients[1] = connect_tcp(&addr);
    assert_int_equal(gcn_socket_queue_length(fd), 2);
    assert_int_equal(gcn_socket_queue_length(clients[0]), -1); /* it does not listen */
    assert_int_equal(gcn_socket_queue_length(pair->near), -1);
    assert_int_equal(gcn_socket_queue_length(-1), -1);
    close(clients[0]);
    close(clients[1]);
    close(fd);
}

static void the_kernel_tells_how_long_input_has_waited(void **state)
{
    struct pair *pair = *state;
    struct sockaddr_in addr;
    int64_t waited_us = 0;

    int fd = listen_tcp(&addr);
    int client = connect_tcp(&addr);
    int server = accept(fd, NULL, NULL);
    int64_t wrote_us = gcn_clock_us();
    assert_int_equal(write(client, "x", 1), 1);
    for (int i = 0; i < 500 && waited_us < 50000; i++) {
        usleep(1000);
        waited_us = gcn_socket_waited_us(server);
    }
    assert_in_range(waited_us, 50000, gcn_clock_us() - wrote_us + TICK_US);
    wrote_us = gcn_clock_us();
    assert_int_equal(write(client, "x", 1), 1);
    waited_us = gcn_socket_waited_us(server);
    assert_in_range(waited_us, 0, gcn_clock_us() - wrote_us + TICK_US);
    assert_int_equal(gcn_socket_waited_us(pair->near), 0);
    assert_int_equal(gcn_socket_waited_us(-1), 0);
    close(server);
    close(client);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reading_tells_bytes_from_nothing_from_the_end),
        TEST(an_error_leaves_errno),
        TEST(writing_stops_when_the_socket_is_full_and_goes_on_when_it_is_not),
        TEST(a_peer_that_left_is_an_error_and_no_signal),
        TEST(pieces_leave_in_order_in_one_call),
        TEST(the_kernel_tells_how_many_connections_wait),
        TEST(the_kernel_tells_how_long_input_has_waited),
        TEST(a_file_is_sent_from_its_offset_and_its_end_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
