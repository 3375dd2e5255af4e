/* SPDX-License-Identifier: MIT */
/*
 * The I/O core with an app in C over real sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "conn.h"
#include "harness/rig.h"

static struct rig rig;
static char reply[1 << 20];

/* Answers with the method, the path and the body's length and first byte. */
static void echo_app(struct gcn_request *req, struct gcn_response *res)
{
    char text[256];
    char first = '-';
    struct gcn_slice status = GCN_SLICE("200 OK");

    (void)!gcn_body_read(&req->body, 0, &first, 1);
    int len = snprintf(text, sizeof(text), "%.*s %.*s %lld %c|", (int)req->head->method.len,
                       req->head->method.ptr, (int)req->head->path.len, req->head->path.ptr,
                       (long long)req->body.len, first);
    assert_int_equal(gcn_response_begin(res, status), GCN_RESPONSE_OK);
    gcn_response_set_length(res, len);
    (void)!gcn_response_write(res, (struct gcn_slice){text, (size_t)len}, GCN_FLUSH_LATER, NULL,
                              NULL, NULL);
    gcn_response_end(res);
}

static int setup(void **state)
{
    (void)state;
    rig_init(&rig, echo_app);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_finish(&rig);
    return 0;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

/* Sends `request` on a new connection and reads what comes; true if the server closed. */
static bool ask(const char *request)
{
    bool closed;
    int fd = rig_connect(&rig);

    rig_send(fd, request, strlen(request));
    rig_read(&rig, fd, reply, sizeof(reply), &closed);
    close(fd);
    return closed;
}

static void core_answers_and_keeps_the_connection(void **state)
{
    (void)state;
    rig_listen(&rig);
    assert_false(ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_non_null(strstr(reply, "HTTP/1.1 200 OK\r\nServer: rig\r\nDate: "));
    assert_non_null(strstr(reply, "Connection: keep-alive\r\n"));
    assert_non_null(strstr(reply, "Content-Length: 11\r\n\r\nGET /a 0 -|"));
}

static void core_answers_pipelined_requests_in_order(void **state)
{
    (void)state;
    rig_listen(&rig);
    assert_false(ask("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
                     "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                     "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2\r\nxy\r\n0\r\n\r\n"
                     "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n"));
    char *one = strstr(reply, "GET /1 0 -|");
    char *two = strstr(reply, "POST /2 3 a|");
    char *three = strstr(reply, "POST /3 2 x|");
    char *four = strstr(reply, "GET /4 0 -|");
    assert_true(one != NULL && one < two && two < three && three < four);
}

static void core_answers_thousands_of_pipelined_requests(void **state)
{
    enum { N = 3000 };
    static const char request[] = "GET /p HTTP/1.1\r\nHost: x\r\n\r\n";
    char *all = malloc(N * sizeof(request));
    size_t len = 0;

    (void)state;
    rig_listen(&rig);
    for (int i = 0; i < N; i++) {
        memcpy(all + len, request, sizeof(request) - 1);
        len += sizeof(request) - 1;
    }
    all[len] = '\0';
    assert_false(ask(all));
    free(all);
    assert_int_equal(rig.n_calls, N);
    assert_int_equal(count(reply, "GET /p 0 -|"), N);
}

static void core_takes_a_request_split_at_every_byte(void **state)
{
    static const char *const requests[] = {
        "POST /s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
    };

    (void)state;
    rig_listen(&rig);
    for (size_t r = 0; r < 2; r++) {
        size_t len = strlen(requests[r]);
        for (size_t at = 1; at < len; at++) {
            int fd = rig_connect(&rig);
            rig_send(fd, requests[r], at);
            rig_pump(&rig);
            rig_send(fd, requests[r] + at, len - at);
            assert_true(rig_await(&rig, fd, "POST /s 4 a|"));
            close(fd);
        }
    }
}

static void core_reads_bodies_of_every_size(void **state)
{
    static const long sizes[] = {0, 1, 1000, 16000, 16384, 17000, 65536, 131072, 131073, 3000000};
    char head[128], expect[64];

    (void)state;
    rig_listen(&rig);
    for (size_t i = 0; i < GCN_COUNT(sizes); i++) {
        int fd = rig_connect(&rig);
        char *body = malloc((size_t)sizes[i] + 1);
        memset(body, 'q', (size_t)sizes[i]);
        int len = snprintf(head, sizeof(head),
                           "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: %ld\r\n\r\n", sizes[i]);
        rig_send(fd, head, (size_t)len);
        for (long at = 0; at < sizes[i]; at += 50000) {
            long step = sizes[i] - at < 50000 ? sizes[i] - at : 50000;
            rig_send(fd, body + at, (size_t)step);
            rig_pump(&rig);
        }
        rig_read(&rig, fd, reply, sizeof(reply), NULL);
        snprintf(expect, sizeof(expect), "POST /b %ld %c|", sizes[i], sizes[i] > 0 ? 'q' : '-');
        assert_non_null(strstr(reply, expect));
        free(body);
        close(fd);
    }
}

static void core_invites_a_body_that_waits_for_100_continue(void **state)
{
    int fd;

    (void)state;
    rig_listen(&rig);
    fd = rig_connect(&rig);
    static const char head[] =
        "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    rig_send(fd, head, strlen(head));
    rig_read(&rig, fd, reply, sizeof(reply), NULL);
    assert_string_equal(reply, "HTTP/1.1 100 Continue\r\n\r\n");
    rig_send(fd, "ok", 2);
    rig_read(&rig, fd, reply, sizeof(reply), NULL);
    assert_non_null(strstr(reply, "POST /e 2 o|"));
    close(fd);
}

static const char invited[] =
    "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";

/*
 * A client that has not read what the kernel has for it, so that this takes no more, says the
 * above.
 */
static int connect_full(void)
{
    static const char text[4096] = "";
    int size = 4096;
    int fd;

    rig_listen(&rig);
    fd = rig_connect(&rig);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    rig_pump(&rig);
    struct gcn_conn *conn = GCN_CONTAINER_OF(gcn_list_first(&rig.core.conns), struct gcn_conn, link);
    assert_int_equal(setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    do {
        while (send(conn->fd, text, sizeof(text), MSG_DONTWAIT) > 0) {
        }
        rig_pump(&rig); /* some of it goes over to the client's side */
    } while (send(conn->fd, text, sizeof(text), MSG_DONTWAIT) > 0);
    rig_send(fd, invited, strlen(invited));
    rig_pump(&rig);
    assert_int_equal(conn->out.len, strlen("HTTP/1.1 100 Continue\r\n\r\n"));
    return fd;
}

/* What comes behind the NULs of connect_full. */
static const char *read_behind(int fd)
{
    size_t at = 0;

    reply[0] = '\0';
    for (int i = 0; i < 100 && reply[at] == '\0'; i++) { /* a small window reopens with some delay */
        size_t len = rig_read(&rig, fd, reply, sizeof(reply), NULL);
        for (at = 0; at < len && reply[at] == '\0'; at++) {
        }
    }
    return reply + at;
}

static void an_invitation_that_found_no_room_is_sent_later(void **state)
{
    (void)state;
    int fd = connect_full();
    assert_string_equal(read_behind(fd), "HTTP/1.1 100 Continue\r\n\r\n");
    rig_send(fd, "ok", 2);
    rig_read(&rig, fd, reply, sizeof(reply), NULL);
    assert_non_null(strstr(reply, "POST /e 2 o|"));
    close(fd);
}

static void a_response_does_not_overtake_an_invitation_that_found_no_room(void **state)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n";

    (void)state;
    int fd = connect_full();
    rig_send(fd, "ok", 2); /* some do not wait for long */
    rig_pump_io(&rig);
    struct gcn_exchange *x = gcn_core_take(&rig.core);
    assert_non_null(x);
    assert_int_equal(x->hand_over.unsent, x->conn->out.len);
    assert_true(x->hand_over.unsent > 0);
    rig.app(&x->req, &x->res);
    gcn_core_finish(&rig.core, x);
    const char *got = read_behind(fd);
    assert_memory_equal(got, text, sizeof(text) - 1);
    assert_non_null(strstr(got, "POST /e 2 o|"));
    close(fd);
}

static void core_closes_when_the_client_asks(void **state)
{
    (void)state;
    rig_listen(&rig);
    assert_true(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    assert_non_null(strstr(reply, "Connection: close\r\n"));
    assert_true(ask("GET / HTTP/1.0\r\n\r\n"));
    assert_false(ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

static void core_refuses_and_drops_the_rest(void **state)
{
    (void)state;
    rig_listen(&rig);
    assert_true(ask("GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n"
                    "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_memory_equal(reply, "HTTP/1.1 400 Bad Request\r\n", 26);
    assert_int_equal(rig.n_calls, 0);
    assert_int_equal(rig.n_refused, 1);
}

static void core_refuses_HEAD_without_a_body(void **state)
{
    static const char *const rows[] = {
        "HEAD / HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    };

    (void)state;
    rig_listen(&rig);
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        assert_true(ask(rows[i]));
        assert_memory_equal(reply, "HTTP/1.1 400 Bad Request\r\n", 26);
        assert_non_null(strstr(reply, "\r\nContent-Length: "));
        assert_string_equal(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
    }
}

static void core_refuses_a_body_beyond_the_limit_unread(void **state)
{
    (void)state;
    rig.limits.body_max_bytes = 10;
    rig_listen(&rig);
    ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
    assert_non_null(strstr(reply, "HTTP/1.1 413 "));
    ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n0\r\n\r\n");
    assert_non_null(strstr(reply, "HTTP/1.1 413 "));
    assert_int_equal(rig.n_calls, 0);
}

static void core_does_not_call_the_app_for_a_client_that_left(void **state)
{
    struct linger reset = {1, 0};

    (void)state;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    rig_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
    rig_pump_io(&rig); /* read and queued, the app is busy elsewhere */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    rig.core.lagging = true;
    rig_pump(&rig);
    assert_int_equal(rig.n_calls, 0);
    assert_int_equal(rig.core.n_conns, 0);
}

/* A client that sends, waits so long, and sends its FIN while the app is busy elsewhere. */
static int send_and_finish(long wait_ms)
{
    const struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};
    int fd = rig_connect(&rig);

    rig_send(fd, "GET /h HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    nanosleep(&wait, NULL);
    shutdown(fd, SHUT_WR);
    rig_pump_io(&rig);
    rig.core.lagging = true;
    return fd;
}

static void core_answers_a_client_that_has_only_finished_sending(void **state)
{
    bool closed;

    (void)state;
    rig_listen(&rig);
    for (int i = 0; i < 2; i++) {
        int fd = send_and_finish(i * 100);
        rig_read(&rig, fd, reply, sizeof(reply), &closed);
        assert_non_null(strstr(reply, "GET /h 0 -|"));
        assert_true(closed);
        close(fd);
    }
}

static void core_does_not_call_the_app_for_a_client_that_gave_up(void **state)
{
    (void)state;
    rig_listen(&rig);
    int fd = send_and_finish(1200);
    rig_pump(&rig);
    assert_int_equal(rig.n_calls, 0);
    assert_int_equal(rig.core.n_conns, 0);
    close(fd);
}

static void short_app(struct gcn_request *req, struct gcn_response *res)
{
    (void)req;
    assert_int_equal(gcn_response_begin(res, GCN_SLICE("200 OK")), GCN_RESPONSE_OK);
    assert_int_equal(
        gcn_response_field(res, GCN_SLICE("Content-Length"), GCN_SLICE("10")), GCN_RESPONSE_OK);
    (void)!gcn_response_write(res, GCN_SLICE("abc"), GCN_FLUSH_LATER, NULL, NULL, NULL);
    gcn_response_end(res);
}

static void core_cuts_the_connection_of_a_short_response(void **state)
{
    (void)state;
    rig.app = short_app;
    rig_listen(&rig);
    assert_true(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(rig.n_calls, 1);
    assert_int_equal(rig.n_incomplete, 1);
}

static void core_reuses_a_repeated_head(void **state)
{
    (void)state;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    for (int i = 0; i < 5; i++) {
        rig_send(fd, "GET /r HTTP/1.1\r\nHost: x\r\nCookie: a\r\n\r\n", 39);
        rig_read(&rig, fd, reply, sizeof(reply), NULL);
        assert_non_null(strstr(reply, "GET /r 0 -|"));
    }
    assert_non_null(rig.core.cache);
    close(fd);
    rig_pump(&rig);
    assert_false(ask("GET /q HTTP/1.1\r\nHost: x\r\nCookie: a\r\n\r\n"));
    assert_non_null(strstr(reply, "GET /q 0 -|"));
}

static void core_stops_accepting_at_worker_connections(void **state)
{
    (void)state;
    rig.limits.worker_connections = 2;
    rig_listen(&rig);
    int one = rig_connect(&rig);
    int two = rig_connect(&rig);
    rig_send(one, "POST /1 HTTP/1.0\r\nContent-Length: 9\r\n\r\n", 39);
    rig_send(two, "POST /2 HTTP/1.0\r\nContent-Length: 9\r\n\r\n", 39);
    rig_pump(&rig);
    int three = rig_connect(&rig);
    rig_send(three, "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    rig_pump(&rig);
    assert_int_equal(rig.core.n_conns, 2);
    close(one);
    rig_read(&rig, three, reply, sizeof(reply), NULL);
    assert_non_null(strstr(reply, "GET /3 0 -|"));
    close(two);
    close(three);
}

static void core_keeps_no_connection_while_every_place_is_taken(void **state)
{
    bool closed;

    (void)state;
    rig.limits.worker_connections = 2;
    rig_listen(&rig);
    int one = rig_connect(&rig);
    rig_send(one, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    rig_read(&rig, one, reply, sizeof(reply), NULL);
    assert_non_null(strstr(reply, "Connection: keep-alive\r\n"));
    int two = rig_connect(&rig);
    rig_send(two, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    rig_read(&rig, two, reply, sizeof(reply), &closed);
    assert_non_null(strstr(reply, "Connection: close\r\n"));
    assert_true(closed);
    close(one);
    close(two);
}

static void core_drains_with_connection_close(void **state)
{
    bool closed;

    (void)state;
    rig_listen(&rig);
    int kept = rig_connect(&rig);
    rig_send(kept, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    rig_read(&rig, kept, reply, sizeof(reply), NULL);
    int queued = rig_connect(&rig);
    gcn_core_drain(&rig.core, true);
    rig_send(kept, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    rig_read(&rig, kept, reply, sizeof(reply), &closed);
    assert_non_null(strstr(reply, "Connection: close\r\n"));
    assert_non_null(strstr(reply, "GET /2 0 -|"));
    assert_true(closed);
    rig_send(queued, "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    rig_read(&rig, queued, reply, sizeof(reply), &closed);
    assert_non_null(strstr(reply, "GET /3 0 -|"));
    close(kept);
    close(queued);
}

static void core_that_drains_answers_what_was_pipelined(void **state)
{
    static const char requests[] = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
                                   "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n";
    bool closed;

    (void)state;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    gcn_core_drain(&rig.core, true);
    rig_send(fd, requests, sizeof(requests) - 1);
    rig_read(&rig, fd, reply, sizeof(reply), &closed);
    const char *last = strstr(reply, "Connection: close\r\n");
    assert_true(closed);
    assert_non_null(strstr(reply, "GET /2 0 -|"));
    assert_non_null(last);
    assert_non_null(strstr(last, "GET /3 0 -|"));
    assert_null(strstr(last, "GET /2 0 -|"));
    close(fd);
}

/* What the kernel has of it counts, too. */
static void core_that_drains_answers_what_it_has_not_read_yet(void **state)
{
    static const char first[] = "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
    static const char second[] = "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n";
    bool closed;

    (void)state;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    rig_send(fd, first, sizeof(first) - 1);
    rig_pump_io(&rig);
    gcn_core_drain(&rig.core, true);
    rig_send(fd, second, sizeof(second) - 1);
    rig_read(&rig, fd, reply, sizeof(reply), &closed);
    assert_false(closed);
    assert_null(strstr(reply, "Connection: close\r\n"));
    rig_send(fd, "y", 1);
    rig_read(&rig, fd, reply, sizeof(reply), &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "Connection: close\r\n"));
    assert_non_null(strstr(reply, "POST /2 1 y|"));
    close(fd);
}

/* A client that has always more to ask does not keep a worker from leaving. */
static void core_that_drains_ends_a_pipeline_after_the_last_call(void **state)
{
    static const char requests[] = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n";
    bool closed;

    (void)state;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    gcn_core_drain(&rig.core, true);
    rig.core.last_call_us = 0;
    rig_send(fd, requests, sizeof(requests) - 1);
    rig_read(&rig, fd, reply, sizeof(reply), &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "Connection: close\r\n"));
    assert_null(strstr(reply, "GET /2 0 -|"));
    close(fd);
}

static void core_stops_asking_how_long_requests_waited_when_none_has(void **state)
{
    (void)state;
    rig_listen(&rig);
    int fd = rig_connect(&rig);
    rig_send(fd, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    assert_true(rig_await(&rig, fd, "GET /1 0 -|"));
    rig.core.lagging = true; /* as after a long call, in a worker that is never idle */
    for (int i = 0; i < 100 && rig.core.lagging; i++) {
        rig_send(fd, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
        assert_true(rig_await(&rig, fd, "GET /2 0 -|"));
    }
    assert_false(rig.core.lagging);
    close(fd);
}

static void new_connections_do_not_wait_for_a_turn_of_all_kept_ones_each(void **state)
{
    enum { NEW = 8 };
    int fds[NEW + 1];

    (void)state;
    rig_listen(&rig);
    fds[NEW] = rig_connect(&rig);
    rig_send(fds[NEW], "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    assert_true(rig_await(&rig, fds[NEW], "GET /1 0 -|"));
    for (int i = 0; i < NEW; i++) {
        fds[i] = rig_connect(&rig);
    }
    rig_send(fds[NEW], "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    assert_true(gcn_loop_wait(&rig.loop, 5000) > 1);
    while (gcn_loop_has_rest(&rig.loop)) {
        gcn_loop_dispatch(&rig.loop);
    }
    assert_int_equal(rig.core.n_conns, NEW + 1);
    for (int i = 0; i <= NEW; i++) {
        close(fds[i]);
    }
}

static void an_idle_connection_is_small(void **state)
{
    (void)state;
    rig_listen(&rig);
    assert_true(sizeof(struct gcn_conn) <= 512);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(core_answers_and_keeps_the_connection),
        TEST(core_answers_pipelined_requests_in_order),
        TEST(core_answers_thousands_of_pipelined_requests),
        TEST(core_takes_a_request_split_at_every_byte),
        TEST(core_reads_bodies_of_every_size),
        TEST(core_invites_a_body_that_waits_for_100_continue),
        TEST(an_invitation_that_found_no_room_is_sent_later),
        TEST(a_response_does_not_overtake_an_invitation_that_found_no_room),
        TEST(core_closes_when_the_client_asks),
        TEST(core_refuses_and_drops_the_rest),
        TEST(core_refuses_HEAD_without_a_body),
        TEST(core_refuses_a_body_beyond_the_limit_unread),
        TEST(core_does_not_call_the_app_for_a_client_that_left),
        TEST(core_answers_a_client_that_has_only_finished_sending),
        TEST(core_does_not_call_the_app_for_a_client_that_gave_up),
        TEST(core_cuts_the_connection_of_a_short_response),
        TEST(core_reuses_a_repeated_head),
        TEST(core_stops_accepting_at_worker_connections),
        TEST(core_keeps_no_connection_while_every_place_is_taken),
        TEST(core_drains_with_connection_close),
        TEST(core_that_drains_answers_what_was_pipelined),
        TEST(core_that_drains_answers_what_it_has_not_read_yet),
        TEST(core_that_drains_ends_a_pipeline_after_the_last_call),
        TEST(core_stops_asking_how_long_requests_waited_when_none_has),
        TEST(new_connections_do_not_wait_for_a_turn_of_all_kept_ones_each),
        TEST(an_idle_connection_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
