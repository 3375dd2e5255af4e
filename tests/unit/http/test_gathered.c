/* SPDX-License-Identifier: MIT */
/*
 * Responses that are sent together: what is put among them, and that nothing stays there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "conn.h"
#include "harness/rig.h"

static struct rig rig;
static char reply[4096];

/* Answers "/whole" with a length and "/parts" without one. */
static void app(struct gcn_request *req, struct gcn_response *res)
{
    bool whole = gcn_slice_equal(req->head->path, GCN_SLICE("/whole"));

    assert_int_equal(gcn_response_begin(res, GCN_SLICE("200 OK")), GCN_RESPONSE_OK);
    if (whole) {
        gcn_response_set_length(res, 2);
    }
    (void)!gcn_response_write(res, GCN_SLICE("ok"), GCN_FLUSH_NOW, NULL, NULL, NULL);
    if (!whole) {
        assert_int_equal(rig.core.gathered.n, 0); /* the app goes on: it cannot wait */
    }
    gcn_response_end(res);
}

static int setup(void **state)
{
    (void)state;
    rig_init(&rig, app);
    rig_listen(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_finish(&rig);
    return 0;
}

/* A new connection whose request has been answered while responses are gathered. */
static int ask(const char *request)
{
    int fd = rig_connect(&rig);

    rig_send(fd, request, strlen(request));
    gcn_core_gather(&rig.core, true);
    rig_pump(&rig);
    return fd;
}

/* Blocks until the whole answer is there. */
static void assert_answered(int fd)
{
    struct timeval limit = {.tv_sec = 5};
    size_t len = 0;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    do {
        ssize_t n = recv(fd, reply + len, sizeof(reply) - 1 - len, 0);
        assert_true(n > 0);
        len += (size_t)n;
        reply[len] = '\0';
    } while (strstr(reply, "ok") == NULL);
}

static const char WHOLE[] = "GET /whole HTTP/1.1\r\nHost: x\r\n\r\n";

static void responses_leave_together(void **state)
{
    (void)state;
    int one = ask(WHOLE);
    int two = ask(WHOLE);
    assert_int_equal(rig.core.gathered.n, 2);
    assert_int_equal(rig.n_complete, 2);
    gcn_core_scatter(&rig.core);
    assert_int_equal(rig.core.gathered.n, 0);
    assert_answered(one);
    assert_answered(two);
    close(one);
    close(two);
}

static void the_kernel_sends_what_is_forgotten(void **state)
{
    (void)state;
    int fd = ask(WHOLE);
    assert_int_equal(rig.core.gathered.n, 1);
    assert_answered(fd);
    close(fd);
}

static void a_response_without_a_length_does_not_wait_for_its_end(void **state)
{
    (void)state;
    int fd = ask("GET /parts HTTP/1.1\r\nHost: x\r\n\r\n");
    gcn_core_scatter(&rig.core);
    assert_answered(fd);
    close(fd);
}

static void the_last_response_of_a_connection_is_not_gathered(void **state)
{
    (void)state;
    int fd = ask("GET /whole HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_int_equal(rig.core.gathered.n, 0);
    assert_answered(fd);
    close(fd);
}

static void pipelined_responses_take_each_other_along(void **state)
{
    (void)state;
    int fd = ask("GET /whole HTTP/1.1\r\nHost: x\r\n\r\nGET /whole HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(rig.n_complete, 2);
    assert_int_equal(rig.core.gathered.n, 1);
    assert_answered(fd);
    close(fd);
}

static void a_closed_connection_is_forgotten(void **state)
{
    (void)state;
    int fd = ask(WHOLE);
    int other = ask(WHOLE);
    assert_int_equal(rig.core.gathered.n, 2);
    close(fd);
    while (rig.core.n_conns > 1) {
        rig_pump(&rig);
    }
    assert_int_equal(rig.core.gathered.n, 1);
    gcn_core_scatter(&rig.core);
    assert_answered(other);
    close(other);
}

static void no_more_are_gathered_than_fit(void **state)
{
    int fds[GCN_GATHERED_MAX + 1];

    (void)state;
    for (int i = 0; i <= GCN_GATHERED_MAX; i++) {
        fds[i] = ask(WHOLE);
    }
    assert_int_equal(rig.core.gathered.n, GCN_GATHERED_MAX);
    assert_true(gcn_core_is_gathered(&rig.core));
    assert_answered(fds[GCN_GATHERED_MAX]);
    gcn_core_scatter(&rig.core);
    for (int i = 0; i < GCN_GATHERED_MAX; i++) {
        assert_answered(fds[i]);
    }
    for (int i = 0; i <= GCN_GATHERED_MAX; i++) {
        close(fds[i]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(responses_leave_together),
        TEST(the_kernel_sends_what_is_forgotten),
        TEST(a_response_without_a_length_does_not_wait_for_its_end),
        TEST(the_last_response_of_a_connection_is_not_gathered),
        TEST(pipelined_responses_take_each_other_along),
        TEST(a_closed_connection_is_forgotten),
        TEST(no_more_are_gathered_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
