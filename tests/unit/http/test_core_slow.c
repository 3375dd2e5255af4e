/* SPDX-License-Identifier: MIT */
/*
 * The I/O core and clients that are slow, silent or too many.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <gcorn/base/log.h>
#include <gcorn/net/socket.h>

#include "conn.h"
#include "harness/rig.h"

static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

static struct rig rig;
static char reply[1 << 20];

static void hello_app(struct gcn_request *req, struct gcn_response *res)
{
    (void)req;
    assert_int_equal(gcn_response_begin(res, GCN_SLICE("200 OK")), GCN_RESPONSE_OK);
    gcn_response_set_length(res, 5);
    (void)!gcn_response_write(res, GCN_SLICE("hello"), GCN_FLUSH_LATER, NULL, NULL, NULL);
    gcn_response_end(res);
}

static int setup(void **state)
{
    (void)state;
    rig_init(&rig, hello_app);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_finish(&rig);
    return 0;
}

static bool say_hello(int fd)
{
    rig_send(fd, request, sizeof(request) - 1);
    return rig_await(&rig, fd, "hello");
}

/* Pumps until the condition holds or 5 s have passed. */
static void pump_until_closed(int fd)
{
    bool closed = false;
    for (int i = 0; i < 1000 && !closed; i++) {
        rig_read(&rig, fd, reply, sizeof(reply), &closed);
    }
    assert_true(closed);
}

/* Pumps until `n` connections are left. */
static void pump_until(uint32_t n)
{
    for (int i = 0; i < 1000 && rig.core.n_conns > n; i++) {
        rig_pump(&rig);
    }
    assert_int_equal(rig.core.n_conns, n);
}

static void pump_until_empty(void)
{
    pump_until(0);
}

static void core_gives_up_on_half_a_head(void **state)
{
    (void)state;
    rig.limits.header_timeout_us = 30000;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    rig_send(fd, "GET / HT", 8);
    rig_read(&rig, fd, reply, sizeof(reply), NULL);
    assert_memory_equal(reply, "HTTP/1.1 408 ", 13);
    assert_int_equal(rig.refusal, GCN_REFUSE_HEADER_TIMEOUT);
    close(fd);
}

static struct gcn_conn *only_connection(void)
{
    struct gcn_list *link = gcn_list_first(&rig.core.conns);
    assert_int_equal(rig.core.n_conns, 1);
    return GCN_CONTAINER_OF(link, struct gcn_conn, link);
}

/* As if `seconds` had passed since the connection last paid for its time. */
static void let_time_pass(int seconds)
{
    only_connection()->paid_us -= seconds * 1000000LL;
}

static void core_gives_up_on_half_a_body(void **state)
{
    static const char *const bodies[] = {"Content-Length: 10\r\n\r\nx",
                                         "Content-Length: 1000000\r\n\r\nx",
                                         "Transfer-Encoding: chunked\r\n\r\n5\r\nx"};

    (void)state;
    rig.limits.body_timeout_us = 30000;
    rig_listen(&rig);
    for (size_t i = 0; i < GCN_COUNT(bodies); i++) {
        int fd = rig_connect(&rig);
        rig_send(fd, "POST / HTTP/1.1\r\nHost: x\r\n", 26);
        rig_send(fd, bodies[i], strlen(bodies[i]));
        assert_true(rig_await(&rig, fd, "HTTP/1.1 408 "));
        assert_int_equal(rig.refusal, GCN_REFUSE_BODY_TIMEOUT);
        rig_send(fd, request, sizeof(request) - 1); /* that is body, and no request */
        rig_pump(&rig);
        close(fd);
        pump_until_empty();
    }
    assert_int_equal(rig.n_calls, 0);
}

/* 5000 bytes of a body, and `part` bytes more 100 s later. */
static void send_slowly(const char *framing, size_t part)
{
    static char bytes[100 * 1024];
    int fd = rig_connect(&rig);

    memset(bytes, 'x', sizeof(bytes));
    rig_send(fd, "POST /p HTTP/1.1\r\nHost: x\r\n", 27);
    rig_send(fd, framing, strlen(framing));
    rig_send(fd, bytes, 5000);
    rig_pump(&rig);
    let_time_pass(100);
    rig_send(fd, bytes, part);
    rig_read(&rig, fd, reply, sizeof(reply), NULL);
    close(fd);
    pump_until_empty();
}

static void core_gives_up_on_a_body_that_comes_too_slowly(void **state)
{
    static const char *const framings[] = {"Content-Length: 15000\r\n\r\n",
                                           "Content-Length: 1000000\r\n\r\n",
                                           "Transfer-Encoding: chunked\r\n\r\nffff\r\n"};

    (void)state;
    rig_listen(&rig);
    for (size_t i = 0; i < GCN_COUNT(framings); i++) {
        send_slowly(framings[i], 9000); /* 40 s of 256 bytes are not paid by less than 10240 */
        assert_memory_equal(reply, "HTTP/1.1 408 ", 13);
        assert_int_equal(rig.refusal, GCN_REFUSE_BODY_TIMEOUT);
    }
}

static void core_waits_for_a_body_that_keeps_the_pace(void **state)
{
    static const char *const framings[] = {"Content-Length: 15600\r\n\r\n",
                                           "Content-Length: 1000000\r\n\r\n",
                                           "Transfer-Encoding: chunked\r\n\r\nffff\r\n"};

    (void)state;
    rig_listen(&rig);
    for (size_t i = 0; i < GCN_COUNT(framings); i++) {
        send_slowly(framings[i], 10500);
        assert_int_equal(reply[0], '\0');
    }
    assert_int_equal(rig.n_refused, 0);
}

static void core_closes_idle_connections_silently(void **state)
{
    (void)state;
    rig.limits.keepalive_us = 30000;
    rig.limits.header_timeout_us = 30000;
    rig_listen(&rig);
    int silent = rig_connect(&rig);
    int kept = rig_connect(&rig);
    assert_true(say_hello(kept));
    pump_until_closed(silent);
    pump_until_closed(kept);
    assert_int_equal(rig.n_refused, 0);
    assert_int_equal(rig.core.n_conns, 0);
    close(silent);
    close(kept);
}

enum { BIG = 8 * 1024 * 1024, ROOM = 64 * 1024 };

static char big_body[BIG];

static void nothing(void *owner)
{
    (void)owner;
}

static void big_app(struct gcn_request *req, struct gcn_response *res)
{
    (void)req;
    assert_int_equal(gcn_response_begin(res, GCN_SLICE("200 OK")), GCN_RESPONSE_OK);
    gcn_response_set_length(res, BIG);
    (void)!gcn_response_write(res, (struct gcn_slice){big_body, BIG}, GCN_FLUSH_LATER, big_body,
                              nothing, nothing);
    gcn_response_end(res);
}

static void core_is_free_while_a_slow_reader_has_a_whole_response_to_come(void **state)
{
    (void)state;
    rig.app = big_app;
    rig_listen(&rig);
    int slow = rig_connect(&rig);
    rig_send(slow, request, sizeof(request) - 1);
    rig_pump(&rig);
    assert_int_equal(rig.n_calls, 1); /* the app is done though nobody reads */
    rig.app = hello_app;
    int other = rig_connect(&rig);
    assert_true(say_hello(other));
    close(other);
    size_t total = 0;
    for (size_t got = 1; got > 0; total += got) {
        got = rig_read(&rig, slow, reply, sizeof(reply), NULL);
    }
    assert_true(total > BIG);
    assert_int_equal(rig.n_complete, 2);
    close(slow);
}

/* A client of the big app that does not read; the kernel takes `room` bytes for it. */
static int never_read(int room)
{
    int fd = rig_connect(&rig);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    rig_send(fd, request, sizeof(request) - 1);
    rig_pump(&rig);
    return fd;
}

/* Reads to the end of the stream, which has to be one and no reset; the bytes. */
static size_t read_to_end(int fd)
{
    size_t total = 0;
    ssize_t n = -1;

    for (int i = 0; i < 5000 && n != 0; i++) {
        rig_pump(&rig);
        n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
        assert_true(n >= 0 || errno == EAGAIN);
        total += n > 0 ? (size_t)n : 0;
    }
    assert_int_equal(n, 0);
    return total;
}

static void core_resets_nobody_who_says_more_than_announced(void **state)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static const char post[] = "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx";

    (void)state;
    rig.app = big_app;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    rig_send(fd, get, sizeof(get) - 1);
    rig_pump(&rig);
    rig_send(fd, "\r\n", 2);
    assert_true(read_to_end(fd) > BIG);
    close(fd);
    rig.app = hello_app;
    fd = rig_connect(&rig);
    rig_send(fd, post, sizeof(post) - 1);
    rig_pump_io(&rig);
    rig_send(fd, "\r\n", 2);
    assert_true(read_to_end(fd) > 0);
    close(fd);
}

static void core_gives_up_on_a_client_that_reads_nothing(void **state)
{
    (void)state;
    rig.app = big_app;
    rig.limits.send_timeout_us = 30000;
    rig_listen(&rig);
    int fd = never_read(ROOM);
    pump_until_empty();
    assert_int_equal(rig.n_incomplete, 1);
    close(fd);
}

static void core_gives_up_on_a_client_that_reads_too_slowly(void **state)
{
    (void)state;
    rig.app = big_app;
    rig_listen(&rig);
    int fd = never_read(ROOM);
    let_time_pass(24 * 60 * 60);
    /*
     * Not the rest, but enough for the server to be able to send more: 256 bytes a second are 22 MB
     * a day.
     */
    for (size_t total = 0; rig.core.n_conns > 0 && total < BIG / 2;) {
        ssize_t n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
        total += n > 0 ? (size_t)n : 0;
        rig_pump(&rig);
    }
    assert_int_equal(rig.core.n_conns, 0);
    assert_int_equal(rig.n_incomplete, 1);
    close(fd);
}

/*
 * What it reads makes room in the kernel, but for a long time not enough for the server to be told
 * of it.
 */
static void core_waits_for_a_client_that_reads_what_the_kernel_holds(void **state)
{
    const struct timespec part_of_deadline = {0, 20 * 1000 * 1000};

    (void)state;
    rig.app = big_app;
    rig.limits.send_timeout_us = 200000;
    rig_listen(&rig);
    int fd = never_read(ROOM);
    for (int i = 0; i < 20; i++) { /* twice the deadline */
        (void)!recv(fd, reply, ROOM, MSG_DONTWAIT);
        nanosleep(&part_of_deadline, NULL);
        rig_pump(&rig);
        assert_int_equal(rig.core.n_conns, 1);
    }
    pump_until_empty(); /* it reads no more */
    assert_int_equal(rig.n_incomplete, 1);
    close(fd);
}

/* Connections for which the kernel holds more than `bytes`. */
static int count_full(int bytes)
{
    int n = 0, held;

    for (struct gcn_list *link = rig.core.conns.next; link != &rig.core.conns; link = link->next) {
        struct gcn_conn *conn = GCN_CONTAINER_OF(link, struct gcn_conn, link);
        assert_int_equal(ioctl(conn->fd, SIOCOUTQ, &held), 0);
        n += held > bytes;
    }
    return n;
}

/* `n` clients that do not read, and their end. */
static void crowd_in(int *clients, int n)
{
    for (int i = 0; i < n; i++) {
        clients[i] = never_read(4096);
    }
}

static void crowd_out(const int *clients, int n)
{
    for (int i = 0; i < n; i++) {
        close(clients[i]);
    }
}

static void the_kernel_holds_little_for_many_that_read_nothing(void **state)
{
    enum { MANY = 60, FEW = 16, CROWD = 32 };
    int clients[MANY];

    (void)state;
    rig.app = big_app;
    rig_listen(&rig);
    crowd_in(clients, MANY);
    assert_int_equal(rig.core.n_conns, MANY);
    assert_int_equal(count_full(2 * GCN_SOCKET_UNSENT_BYTES), FEW);
    assert_int_equal(count_full(GCN_SOCKET_UNSENT_BYTES / 2), CROWD);
    assert_int_equal(rig.core.n_slow, MANY);
    crowd_out(clients, MANY);
    pump_until_empty();
    assert_int_equal(rig.core.n_wide, 0);
    assert_int_equal(rig.core.n_slow, 0);
}

/* Read at least `bytes` of a response. */
static void read_some(int fd, size_t bytes)
{
    for (size_t total = 0; total < bytes;) {
        ssize_t n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
        assert_true(n > 0 || (n < 0 && errno == EAGAIN));
        total += n > 0 ? (size_t)n : 0;
        rig_pump(&rig);
    }
}

static void a_client_that_reads_gets_more_than_the_crowd(void **state)
{
    enum { MANY = 40 };
    int clients[MANY];

    (void)state;
    rig.app = big_app;
    rig_listen(&rig);
    crowd_in(clients, MANY);
    int full = count_full(GCN_SOCKET_UNSENT_BYTES / 2);
    int fd = never_read(4096);
    assert_int_equal(count_full(GCN_SOCKET_UNSENT_BYTES / 2), full);
    read_some(fd, 512 * 1024);
    assert_int_equal(count_full(GCN_SOCKET_UNSENT_BYTES / 2), full + 1);
    close(fd);
    pump_until(MANY);
    fd = never_read(4096);
    assert_int_equal(count_full(GCN_SOCKET_UNSENT_BYTES / 2), full);
    crowd_out(clients, MANY);
    pump_until(1);
    read_some(fd, 128 * 1024); /* not enough to prove that it reads, but the crowd is gone */
    assert_int_equal(count_full(GCN_SOCKET_UNSENT_BYTES / 2), 1);
    close(fd);
}

static void a_client_that_has_read_all_leaves_its_place_to_others(void **state)
{
    (void)state;
    rig.app = big_app;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    rig_send(fd, request, sizeof(request) - 1);
    rig_pump(&rig);
    assert_int_equal(rig.core.n_wide, 1);
    while (rig_read(&rig, fd, reply, sizeof(reply), NULL) > 0) {
    }
    assert_int_equal(rig.n_complete, 1);
    assert_int_equal(rig.core.n_wide, 0);
    close(fd);
}

static void a_connection_that_rests_makes_room(void **state)
{
    static const char unfinished[] = "POST / HTTP/1.0\r\nContent-Length: 9\r\n\r\nx";
    int resting[3], working[3];

    (void)state;
    rig.limits.worker_connections = 3;
    rig_listen(&rig);
    for (int i = 0; i < 3; i++) {
        resting[i] = rig_connect(&rig);
        rig_pump(&rig);
    }
    assert_true(say_hello(resting[1])); /* that makes it the first to go */
    rig_send(resting[2], request, 5);
    rig_pump(&rig);
    static const int order[] = {1, 0, 2};
    for (int i = 0; i < 3; i++) {
        working[i] = rig_connect(&rig);
        rig_send(working[i], unfinished, sizeof(unfinished) - 1);
        assert_int_equal(read_to_end(resting[order[i]]), 0);
        assert_int_equal(rig.core.n_conns, 3);
    }
    int waiting = rig_connect(&rig);
    rig_send(waiting, request, sizeof(request) - 1);
    rig_pump(&rig);
    assert_int_equal(rig.core.n_conns, 3);
    assert_int_equal(rig.n_calls, 1);
    for (int i = 0; i < 3; i++) {
        close(resting[i]);
        close(working[i]);
    }
    assert_true(rig_await(&rig, waiting, "hello"));
    close(waiting);
}

static void a_request_that_was_not_read_yet_is_no_rest(void **state)
{
    int fds[3];

    (void)state;
    rig.limits.worker_connections = 2;
    rig_listen(&rig);
    fds[0] = rig_connect(&rig);
    fds[1] = rig_connect(&rig);
    rig_pump(&rig);
    fds[2] = rig_connect(&rig);
    for (int i = 0; i < 3; i++) {
        rig_send(fds[i], request, sizeof(request) - 1);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(rig_await(&rig, fds[i], "hello"));
        close(fds[i]);
    }
}

static int n_lines;

static void count_line(void *context, enum gcn_log_level level, const char *line, size_t len,
                       size_t message_offset)
{
    (void)context, (void)level, (void)len;
    n_lines += strncmp(line + message_offset, "cannot accept a connection", 26) == 0;
}

static void core_rests_while_there_is_no_descriptor(void **state)
{
    struct rlimit limit, none;

    (void)state;
    rig_listen(&rig);
    n_lines = 0;
    int one = rig_connect(&rig), two = rig_connect(&rig);
    rig_send(two, request, sizeof(request) - 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)dup(one);
    close((int)none.rlim_cur);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    gcn_log_set_writer(count_line, NULL);
    for (int i = 0; i < 10; i++) { /* many pauses */
        rig_pump(&rig);
    }
    gcn_log_set_writer(NULL, NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(rig.core.n_conns, 0);
    assert_int_equal(n_lines, 1);
    assert_true(rig_await(&rig, two, "hello"));
    close(one);
    close(two);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(core_gives_up_on_half_a_head),
        TEST(core_gives_up_on_half_a_body),
        TEST(core_gives_up_on_a_body_that_comes_too_slowly),
        TEST(core_waits_for_a_body_that_keeps_the_pace),
        TEST(core_closes_idle_connections_silently),
        TEST(core_is_free_while_a_slow_reader_has_a_whole_response_to_come),
        TEST(core_resets_nobody_who_says_more_than_announced),
        TEST(core_gives_up_on_a_client_that_reads_nothing),
        TEST(core_gives_up_on_a_client_that_reads_too_slowly),
        TEST(core_waits_for_a_client_that_reads_what_the_kernel_holds),
        TEST(the_kernel_holds_little_for_many_that_read_nothing),
        TEST(a_client_that_reads_gets_more_than_the_crowd),
        TEST(a_client_that_has_read_all_leaves_its_place_to_others),
        TEST(a_connection_that_rests_makes_room),
        TEST(a_request_that_was_not_read_yet_is_no_rest),
        TEST(core_rests_while_there_is_no_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
