/* SPDX-License-Identifier: MIT */
/*
 * Ways to daemons that are there, away, slow and started anew. Time is what the tests say it is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <harness/check.h>

#include <gcorn/base/compiler.h>

#include "channel.h"

static const int dgram[] = {SOCK_DGRAM, 0}, stream[] = {SOCK_STREAM, 0},
                 either[] = {SOCK_DGRAM, SOCK_STREAM};

struct fixture {
    char dir[64];
    char path[96];
    struct gcn_channel channel;
    int daemon; /* what it listens or receives on; -1 */
    int conn;   /* what it has accepted; -1 */
    int64_t now_ms;
    int64_t lost;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){
        .dir = "/tmp/gcorn-log-XXXXXX", .channel.fd = -1, .daemon = -1, .conn = -1, .now_ms = 5000};
    if (mkdtemp(f.dir) == NULL) {
        return -1;
    }
    snprintf(f.path, sizeof(f.path), "%s/socket", f.dir);
    *state = &f;
    return 0;
}

static void stop_daemon(struct fixture *f)
{
    if (f->conn >= 0) {
        close(f->conn);
    }
    if (f->daemon >= 0) {
        close(f->daemon);
    }
    f->conn = f->daemon = -1;
    unlink(f->path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    gcn_channel_finish(&f->channel);
    stop_daemon(f);
    return rmdir(f->dir);
}

static void start_unix_daemon(struct fixture *f, int type)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    memcpy(addr.sun_path, f->path, strlen(f->path));
    f->daemon = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->daemon, (struct sockaddr *)&addr, sizeof(addr)), 0);
    if (type == SOCK_STREAM) {
        assert_int_equal(listen(f->daemon, 5), 0);
    }
}

/* On 127.0.0.1 and a port of its own; returns the port. */
static int start_inet_daemon(struct fixture *f, int type)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);

    f->daemon = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->daemon, (struct sockaddr *)&addr, sizeof(addr)), 0);
    if (type == SOCK_STREAM) {
        assert_int_equal(listen(f->daemon, 5), 0);
    }
    assert_int_equal(getsockname(f->daemon, (struct sockaddr *)&addr, &len), 0);
    return ntohs(addr.sin_port);
}

static void open_unix(struct fixture *f, const int types[2])
{
    struct gcn_channel_peer peer;
    struct gcn_error err = {{0}};

    assert_true(gcn_channel_unix(&peer, gcn_slice_of(f->path), types, &err));
    gcn_channel_init(&f->channel, &peer, '\n');
}

static void open_inet(struct fixture *f, const char *where, int type)
{
    struct gcn_channel_peer peer;
    struct gcn_error err = {{0}};

    assert_true(gcn_channel_inet(&peer, gcn_slice_of(where), "1", type, &err));
    assert_true(gcn_channel_look_up(&peer, &err));
    gcn_channel_init(&f->channel, &peer, '\n');
}

static enum gcn_log_outcome send_text(struct fixture *f, const char *text)
{
    return gcn_channel_send(&f->channel, text, strlen(text), f->now_ms, &f->lost);
}

/* What the daemon has received, waiting a moment for the first of it. */
static const char *received(struct fixture *f)
{
    static char text[1 << 17];
    struct pollfd fd = {.fd = f->daemon, .events = POLLIN};
    size_t len = 0;
    ssize_t n;
    int type;
    socklen_t type_len = sizeof(type);

    getsockopt(f->daemon, SOL_SOCKET, SO_TYPE, &type, &type_len);
    if (type == SOCK_STREAM && f->conn < 0) {
        assert_int_equal(poll(&fd, 1, 5000), 1);
        f->conn = accept4(f->daemon, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    fd.fd = type == SOCK_STREAM ? f->conn : f->daemon;
    poll(&fd, 1, 5000);
    while ((n = recv(fd.fd, text + len, sizeof(text) - 1 - len, 0)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
    return text;
}

static void addresses_are_understood_or_refused(void **state)
{
    static const struct {
        const char *where, *text; /* NULL: refused */
    } cases[] = {
        {"127.0.0.1", "udp://127.0.0.1:514"},
        {"127.0.0.1:8125", "udp://127.0.0.1:8125"},
        {"[::1]", "udp://[::1]:514"},
        {"[::1]:99", "udp://[::1]:99"},
        {"", "udp://localhost:514"},
        {":99", "udp://localhost:99"},
        {"127.0.0.1:", "udp://127.0.0.1:514"},
        {"127.0.0.1:0", NULL},
        {"127.0.0.1:65536", NULL},
        {"127.0.0.1:x", NULL},
        {"[::1", NULL},
        {"[::1]99", NULL},
        {"127.0.0.1:1:2", NULL},
    };
    struct gcn_channel_peer peer;

    (void)state;
    for (size_t i = 0; i < GCN_COUNT(cases); i++) {
        struct gcn_error err = {{0}};
        bool good = gcn_channel_inet(&peer, gcn_slice_of(cases[i].where), "514", SOCK_DGRAM, &err);
        assert_int_equal(good, cases[i].text != NULL);
        if (good) {
            assert_string_equal(peer.text, cases[i].text);
            assert_int_equal(peer.n_addresses, 0);
            assert_true(gcn_channel_look_up(&peer, &err));
            assert_true(peer.n_addresses > 0);
        } else {
            assert_contains(err.text, cases[i].where);
        }
    }
}

static void a_host_that_has_no_address_is_named(void **state)
{
    struct gcn_channel_peer peer;
    struct gcn_error err = {{0}};

    (void)state;
    assert_true(gcn_channel_inet(&peer, GCN_SLICE("no such host"), "1", SOCK_DGRAM, &err));
    assert_false(gcn_channel_look_up(&peer, &err));
    assert_contains(err.text, "cannot look up the host \"no such host\"");
}

static void a_path_too_long_for_a_socket_is_refused(void **state)
{
    struct gcn_channel_peer peer;
    struct gcn_error err = {{0}};
    char path[200];

    (void)state;
    memset(path, 'x', sizeof(path));
    assert_false(gcn_channel_unix(&peer, (struct gcn_slice){path, 108}, dgram, &err));
    assert_contains(err.text, ": expected the path of a unix socket");
    err = (struct gcn_error){{0}};
    assert_true(gcn_channel_unix(&peer, (struct gcn_slice){path, 107}, dgram, &err));
    assert_false(gcn_channel_unix(&peer, GCN_SLICE(""), dgram, &err));
}

static void the_kind_of_socket_that_is_there_is_found(void **state)
{
    struct fixture *f = *state;

    start_unix_daemon(f, SOCK_STREAM);
    open_unix(f, either);
    assert_true(gcn_channel_is_stream(&f->channel, f->now_ms));
    assert_int_equal(send_text(f, "one\n"), GCN_LOG_WRITTEN);
    assert_string_equal(received(f), "one\n");
    gcn_channel_finish(&f->channel);
    stop_daemon(f);
    start_unix_daemon(f, SOCK_DGRAM);
    open_unix(f, either);
    assert_false(gcn_channel_is_stream(&f->channel, f->now_ms));
    assert_int_equal(send_text(f, "two"), GCN_LOG_WRITTEN);
    assert_string_equal(received(f), "two");
}

static void datagrams_to_a_daemon_that_is_away_are_counted_and_told_once(void **state)
{
    struct fixture *f = *state;

    open_unix(f, dgram);
    assert_int_equal(send_text(f, "one"), GCN_LOG_FAILED);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(send_text(f, "two"), GCN_LOG_LOST);
    start_unix_daemon(f, SOCK_DGRAM);
    assert_int_equal(send_text(f, "three"), GCN_LOG_LOST); /* not tried again yet */
    f->now_ms += 1000;
    assert_int_equal(send_text(f, "four"), GCN_LOG_RESUMED);
    assert_int_equal(f->lost, 3);
    assert_string_equal(received(f), "four");
}

static void a_daemon_that_is_started_anew_misses_no_datagram(void **state)
{
    struct fixture *f = *state;

    start_unix_daemon(f, SOCK_DGRAM);
    open_unix(f, dgram);
    assert_int_equal(send_text(f, "one"), GCN_LOG_WRITTEN);
    stop_daemon(f);
    start_unix_daemon(f, SOCK_DGRAM);
    assert_int_equal(send_text(f, "two"), GCN_LOG_WRITTEN);
    assert_string_equal(received(f), "two");
}

static void a_daemon_that_does_not_read_costs_datagrams_and_not_time(void **state)
{
    struct fixture *f = *state;
    enum gcn_log_outcome outcome;

    start_unix_daemon(f, SOCK_DGRAM);
    open_unix(f, dgram);
    for (int i = 0; (outcome = send_text(f, "line")) == GCN_LOG_WRITTEN; i++) {
        assert_in_range(i, 0, 100000);
    }
    assert_int_equal(outcome, GCN_LOG_FAILED);
    assert_int_equal(errno, EAGAIN);
    received(f);
    assert_int_equal(send_text(f, "line"), GCN_LOG_RESUMED);
}

static void a_datagram_to_nobody_over_udp_is_no_failure(void **state)
{
    struct fixture *f = *state;
    char where[32];

    snprintf(where, sizeof(where), "127.0.0.1:%d", start_inet_daemon(f, SOCK_DGRAM));
    stop_daemon(f);
    open_inet(f, where, SOCK_DGRAM);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(send_text(f, "line"), GCN_LOG_WRITTEN);
    }
}

static void udp_reaches_its_daemon(void **state)
{
    struct fixture *f = *state;
    char where[32];

    snprintf(where, sizeof(where), "127.0.0.1:%d", start_inet_daemon(f, SOCK_DGRAM));
    open_inet(f, where, SOCK_DGRAM);
    assert_int_equal(send_text(f, "line"), GCN_LOG_WRITTEN);
    assert_string_equal(received(f), "line");
}

static void tcp_that_is_still_connecting_keeps_its_messages(void **state)
{
    struct fixture *f = *state;
    char where[32];

    snprintf(where, sizeof(where), "127.0.0.1:%d", start_inet_daemon(f, SOCK_STREAM));
    open_inet(f, where, SOCK_STREAM);
    assert_int_equal(send_text(f, "one\n"), GCN_LOG_WRITTEN);
    assert_int_equal(send_text(f, "two\n"), GCN_LOG_WRITTEN);
    for (int i = 0; i < 500 && f->channel.pending > 0; i++) {
        gcn_channel_flush(&f->channel, f->now_ms);
        usleep(1000);
    }
    assert_int_equal(f->channel.pending, 0);
    assert_string_equal(received(f), "one\ntwo\n");
}

static void a_stream_to_a_daemon_that_is_away_waits_and_then_loses(void **state)
{
    struct fixture *f = *state;
    char line[1001];
    int n = 0;

    memset(line, 'x', 999);
    line[999] = '\n';
    line[1000] = '\0';
    open_unix(f, stream);
    while (send_text(f, line) == GCN_LOG_WRITTEN) {
        n++;
    }
    assert_int_equal(n, GCN_CHANNEL_PENDING_BYTES / 1000);
    assert_int_equal(send_text(f, line), GCN_LOG_LOST);
    start_unix_daemon(f, SOCK_STREAM);
    f->now_ms += 1000;
    assert_int_equal(send_text(f, "last\n"), GCN_LOG_RESUMED);
    assert_int_equal(f->lost, 2);
    const char *got = received(f);
    assert_int_equal(strlen(got), n * 1000 + 5);
    assert_string_equal(got + n * 1000, "last\n");
}

static void a_message_that_was_sent_in_part_is_not_finished_on_another_connection(void **state)
{
    struct fixture *f = *state;
    static char large[30001];

    memset(large, 'y', 30000);
    large[29999] = '\n';
    start_unix_daemon(f, SOCK_STREAM);
    open_unix(f, stream);
    while (f->channel.pending == 0) {
        assert_int_equal(send_text(f, large), GCN_LOG_WRITTEN);
    }
    /* Wherever it was cut: pretend that it was inside of a message. */
    f->channel.torn = true;
    assert_int_equal(send_text(f, "whole\n"), GCN_LOG_WRITTEN);
    stop_daemon(f);
    start_unix_daemon(f, SOCK_STREAM);
    f->now_ms += 1000;
    gcn_channel_flush(&f->channel, f->now_ms); /* finds the connection broken */
    f->now_ms += 1000;
    gcn_channel_flush(&f->channel, f->now_ms);
    assert_string_equal(received(f), "whole\n");
}

static void a_child_does_not_write_into_its_parents_stream(void **state)
{
    struct fixture *f = *state;
    int status;

    start_unix_daemon(f, SOCK_STREAM);
    open_unix(f, stream);
    assert_int_equal(send_text(f, "parent\n"), GCN_LOG_WRITTEN);
    assert_string_equal(received(f), "parent\n");
    pid_t pid = fork();
    if (pid == 0) {
        int before = f->channel.fd;
        send_text(f, "child\n");
        struct sockaddr_un peer;
        socklen_t len = sizeof(peer);
        bool own =
            f->channel.fd >= 0 && getpeername(f->channel.fd, (struct sockaddr *)&peer, &len) == 0;
        _exit(own && before >= 0 ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(send_text(f, "again\n"), GCN_LOG_WRITTEN);
    assert_string_equal(received(f),
                        "again\n"); /* on the first connection, and nothing else there */
    close(f->conn);
    f->conn = -1;
    assert_string_equal(received(f), "child\n"); /* on one of its own */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses_are_understood_or_refused),
        TEST(a_host_that_has_no_address_is_named),
        TEST(a_path_too_long_for_a_socket_is_refused),
        TEST(the_kind_of_socket_that_is_there_is_found),
        TEST(datagrams_to_a_daemon_that_is_away_are_counted_and_told_once),
        TEST(a_daemon_that_is_started_anew_misses_no_datagram),
        TEST(a_daemon_that_does_not_read_costs_datagrams_and_not_time),
        TEST(a_datagram_to_nobody_over_udp_is_no_failure),
        TEST(udp_reaches_its_daemon),
        TEST(tcp_that_is_still_connecting_keeps_its_messages),
        TEST(a_stream_to_a_daemon_that_is_away_waits_and_then_loses),
        TEST(a_message_that_was_sent_in_part_is_not_finished_on_another_connection),
        TEST(a_child_does_not_write_into_its_parents_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
