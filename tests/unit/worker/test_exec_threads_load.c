/* SPDX-License-Identifier: MIT */
/*
 * The threads executor under clients of all sorts at once, and its end while they go on. Run it
 * under ThreadSanitizer (preset tsan), too.
 */
#include "harness/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/pool.h"

enum { ROUNDS = 20 };

static bool stays(int fd)
{
    return gcn_pool_ask(fd, "/", "hello") && gcn_pool_ask(fd, "/", "hello");
}

static bool pipelines(int fd)
{
    bool begun = false;

    return gcn_pool_request(fd, "/") && gcn_pool_request(fd, "/") && gcn_pool_request(fd, "/") &&
           gcn_pool_expect(fd, "hello", 3, &begun);
}

static bool leaves_in_the_middle(int fd)
{
    char byte;

    return gcn_pool_request(fd, "/stream") && recv(fd, &byte, 1, 0) == 1;
}

static bool leaves_at_once(int fd)
{
    return gcn_pool_request(fd, "/stream");
}

static bool reads_slowly(int fd)
{
    static _Thread_local char text[1 << 14];
    size_t total = 0;
    ssize_t got;

    if (!gcn_pool_request(fd, "/stream") || shutdown(fd, SHUT_WR) < 0) {
        return false;
    }
    while (total < GCN_POOL_STREAM_BYTES && (got = recv(fd, text, sizeof(text), 0)) > 0) {
        total += (size_t)got;
    }
    return total >= GCN_POOL_STREAM_BYTES;
}

static bool says_half(int fd)
{
    return send(fd, "GET / HT", 8, MSG_NOSIGNAL) == 8;
}

/* What clients do, at random but always the same: the first `n` habits. */
static void *live(void *number, unsigned n)
{
    static bool (*const habits[])(int fd) = {
        stays, pipelines, says_half, leaves_in_the_middle, leaves_at_once, reads_slowly,
    };
    unsigned state = (unsigned)(uintptr_t)number;
    bool ok = true;

    for (int i = 0; i < ROUNDS && ok; i++) {
        int fd = gcn_pool_dial();
        ok = habits[(unsigned)rand_r(&state) % n](fd);
        close(fd);
    }
    return ok ? (void *)1 : NULL;
}

static void *live_fully(void *number)
{
    return live(number, 6);
}

static void all_sorts_of_clients_at_once_are_served(void **state)
{
    (void)state;
    gcn_pool_run_clients(GCN_POOL_CLIENTS, live_fully);
}

/* One client in three waits for what never comes. */
static void *live_beside_those_who_wait(void *number)
{
    if ((uintptr_t)number % 3 != 0) {
        return live(number, 3);
    }
    int fd = gcn_pool_dial();
    bool ok = gcn_pool_ask(fd, "/wait", "504 Gateway Timeout");
    close(fd);
    return ok ? (void *)1 : NULL;
}

static void calls_over_their_time_are_answered_beside_the_others(void **state)
{
    (void)state;
    gcn_pool_run_clients(GCN_POOL_CLIENTS, live_beside_those_who_wait);
}

static _Atomic int n_at_work; /* clients that have been answered once, so that their connections are accepted */

/* Ask until the server goes; no response may be cut. The first one ends it when all are at work. */
static void *ask_until_the_end(void *number)
{
    int fd = gcn_pool_dial();
    bool begun = false;

    if (gcn_pool_ask(fd, "/", "hello")) {
        n_at_work++;
    }
    do {
        begun = false;
        if (number == NULL && n_at_work == GCN_POOL_CLIENTS) {
            gcn_pool_ask_to_stop();
        }
    } while (gcn_pool_request(fd, "/") && gcn_pool_expect(fd, "hello", 1, &begun));
    close(fd);
    return begun ? NULL : (void *)1;
}

static void a_stop_cuts_no_response(void **state)
{
    (void)state;
    gcn_pool_run_clients(GCN_POOL_CLIENTS, ask_until_the_end);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, gcn_pool_start, gcn_pool_stop)
    const struct CMUnitTest tests[] = {
        TEST(all_sorts_of_clients_at_once_are_served),
        cmocka_unit_test_setup_teardown(calls_over_their_time_are_answered_beside_the_others,
                                        gcn_pool_start_hasty, gcn_pool_stop),
        TEST(a_stop_cuts_no_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
