/* SPDX-License-Identifier: MIT */
/*
 * The threads executor: concurrency, slow readers, clients that leave. Run it under ThreadSanitizer
 * (preset tsan), too.
 */
#include "harness/check.h"

#include <sys/socket.h>
#include <unistd.h>

#include <gcorn/base/clock.h>

#include "harness/pool.h"

enum { ROUNDS = 200, CROWD = 64, CROWD_ROUNDS = 20 };

static void *meet(void *context)
{
    int fd = gcn_pool_dial();

    (void)context;
    bool ok = gcn_pool_ask(fd, "/meet", "met");
    close(fd);
    return ok ? (void *)1 : NULL;
}

static void as_many_requests_as_threads_run_at_once(void **state)
{
    (void)state;
    gcn_pool_run_clients(GCN_POOL_THREADS, meet);
}

static void *hammer(void *context)
{
    int fd = gcn_pool_dial();
    bool ok = true;

    (void)context;
    for (int i = 0; i < ROUNDS && ok; i++) {
        ok = gcn_pool_ask(fd, "/", "hello");
    }
    close(fd);
    return ok ? (void *)1 : NULL;
}

static void kept_connections_are_all_answered(void **state)
{
    (void)state;
    gcn_pool_run_clients(GCN_POOL_CLIENTS, hammer);
    assert_int_equal(gcn_pool_counts.calls, GCN_POOL_CLIENTS * ROUNDS);
}

/* So many requests at once that the loop rests while they run: see threads_nap.c. */
static void a_crowd_of_quick_calls_is_answered_at_once(void **state)
{
    int fds[CROWD], written = gcn_pool_dial();
    bool begun;

    (void)state;
    for (int i = 0; i < CROWD; i++) {
        fds[i] = gcn_pool_dial();
    }
    for (int round = 0; round < CROWD_ROUNDS; round++) {
        for (int i = 0; i < CROWD; i++) {
            assert_true(gcn_pool_request(fds[i], "/spin"));
        }
        if (round == CROWD_ROUNDS - 1) {
            assert_true(gcn_pool_request(written, "/written"));
        }
        for (int i = 0; i < CROWD; i++) {
            assert_true(gcn_pool_expect(fds[i], "spun", 1, &begun));
        }
    }
    assert_true(gcn_pool_expect(written, "written", 1, &begun)); /* its app has not ended */
    for (int i = 1; i < GCN_POOL_THREADS; i++) {
        assert_true(gcn_pool_request(fds[i], "/meet"));
    }
    for (int i = 1; i < GCN_POOL_THREADS; i++) {
        assert_true(gcn_pool_expect(fds[i], "met", 1, &begun));
    }
    for (int i = 0; i < CROWD; i++) {
        close(fds[i]);
    }
    close(written);
}

static void slow_readers_do_not_stop_the_others(void **state)
{
    static char text[1 << 16];
    static const char request[] = "GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    int slow[GCN_POOL_THREADS - 1];
    int other = gcn_pool_dial();
    size_t total = 0;
    ssize_t got;

    (void)state;
    for (int i = 0; i < GCN_POOL_THREADS - 1; i++) {
        slow[i] = gcn_pool_dial();
        assert_int_equal(send(slow[i], request, sizeof(request) - 1, 0), sizeof(request) - 1);
    }
    assert_true(gcn_pool_ask(other, "/", "hello"));
    for (int i = 0; i < GCN_POOL_THREADS - 1; i++) {
        for (total = 0; (got = recv(slow[i], text, sizeof(text), 0)) > 0;) {
            total += (size_t)got;
        }
        assert_int_equal(got, 0);
        assert_true(total > GCN_POOL_STREAM_BYTES);
        close(slow[i]);
    }
    close(other);
    assert_int_equal(gcn_pool_counts.gone, 0);
}

static void a_client_that_leaves_ends_the_iteration(void **state)
{
    static const char request[] = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";
    char byte;
    int fd = gcn_pool_dial();
    int64_t until_ms = gcn_clock_ms() + 10000;

    (void)state;
    assert_int_equal(send(fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    assert_int_equal(recv(fd, &byte, 1, 0), 1); /* it streams */
    close(fd);
    while (gcn_pool_counts.gone == 0 && gcn_clock_ms() < until_ms) {
        int other = gcn_pool_dial();
        assert_true(gcn_pool_ask(other, "/", "hello"));
        close(other);
    }
    assert_int_equal(gcn_pool_counts.gone, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, gcn_pool_start, gcn_pool_stop)
    const struct CMUnitTest tests[] = {
        TEST(as_many_requests_as_threads_run_at_once),
        TEST(kept_connections_are_all_answered),
        TEST(a_crowd_of_quick_calls_is_answered_at_once),
        TEST(slow_readers_do_not_stop_the_others),
        TEST(a_client_that_leaves_ends_the_iteration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
