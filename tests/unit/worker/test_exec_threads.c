/* SPDX-License-Identifier: MIT */
/*
 * The threads executor with an app in C: concurrency, order, slow readers, clients that leave. Run it
 * under ThreadSanitizer (preset tsan), too.
 */
#include "harness/check.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <gcorn/base/clock.h>
#include <gcorn/config/settings.h>
#include <gcorn/http/app.h>
#include <gcorn/net/listener.h>

#include "exec.h"
#include "worker_private.h"

enum { THREADS = 4, CLIENTS = 8, ROUNDS = 200, CHUNK = 64 * 1024, CHUNKS = 100 };
enum { CROWD = 64, CROWD_ROUNDS = 20, SPIN_US = 50 };

static struct {
    struct gcn_settings *settings;
    struct gcn_worker_start start;
    struct gcn_scoreboard board;
    struct gcn_listener listener;
    struct gcn_worker worker;
    struct gcn_app app;
    pthread_t thread;
    pthread_mutex_t interpreter; /* what the GIL is to Python: held while entered */
    pthread_barrier_t meeting;
    _Atomic int calls, gone;
} rig;

static void say(struct gcn_response *res, const char *text)
{
    size_t len = strlen(text);

    assert_int_equal(gcn_response_begin(res, GCN_SLICE("200 OK")), GCN_RESPONSE_OK);
    gcn_response_set_length(res, (int64_t)len);
    (void)!gcn_response_write(res, (struct gcn_slice){text, len}, GCN_FLUSH_LATER, NULL, NULL,
                              NULL);
    gcn_response_end(res);
}

static void stream(struct gcn_response *res)
{
    static char chunk[CHUNK];

    assert_int_equal(gcn_response_begin(res, GCN_SLICE("200 OK")), GCN_RESPONSE_OK);
    for (int i = 0; i < CHUNKS; i++) {
        struct gcn_slice bytes = {chunk, sizeof(chunk)};
        if (gcn_response_write(res, bytes, GCN_FLUSH_NOW, NULL, NULL, NULL) == GCN_SINK_GONE) {
            rig.gone++;
            break;
        }
    }
    gcn_response_end(res);
}

/* All of the body is written before the app has ended: it cannot wait for what the app does then. */
static void write_whole(struct gcn_response *res, const char *text)
{
    struct gcn_slice bytes = gcn_slice_of(text);

    assert_int_equal(gcn_response_begin(res, GCN_SLICE("200 OK")), GCN_RESPONSE_OK);
    gcn_response_set_length(res, (int64_t)bytes.len);
    (void)!gcn_response_write(res, bytes, GCN_FLUSH_NOW, NULL, NULL, NULL);
    pthread_mutex_unlock(&rig.interpreter);
    pthread_barrier_wait(&rig.meeting);
    pthread_mutex_lock(&rig.interpreter);
    gcn_response_end(res);
}

static void app_leave(struct gcn_app *app)
{
    (void)app;
    pthread_mutex_unlock(&rig.interpreter);
}

static void app_enter(struct gcn_app *app)
{
    (void)app;
    pthread_mutex_lock(&rig.interpreter);
}

static void app_call(struct gcn_app *app, struct gcn_request *req, struct gcn_response *res)
{
    (void)app;
    rig.calls++;
    if (gcn_slice_equal(req->head->path, GCN_SLICE("/meet"))) {
        app_leave(app); /* as an app that waits for something releases the GIL */
        pthread_barrier_wait(&rig.meeting);
        app_enter(app);
        say(res, "met");
    } else if (gcn_slice_equal(req->head->path, GCN_SLICE("/spin"))) {
        for (int64_t until = gcn_clock_us() + SPIN_US; gcn_clock_us() < until;) {
        }
        say(res, "spun");
    } else if (gcn_slice_equal(req->head->path, GCN_SLICE("/written"))) {
        write_whole(res, "written");
    } else if (gcn_slice_equal(req->head->path, GCN_SLICE("/stream"))) {
        stream(res);
    } else {
        say(res, "hello");
    }
}

static void thread_start(struct gcn_app *app)
{
    app_enter(app);
}

static void thread_stop(struct gcn_app *app)
{
    (void)app; /* the thread has left already */
}

static const struct gcn_app_ops ops = {.call = app_call,
                                       .enter = app_enter,
                                       .leave = app_leave,
                                       .thread_start = thread_start,
                                       .thread_stop = thread_stop};

static void on_wake(struct gcn_watch *watch, uint32_t events)
{
    uint64_t n;

    (void)watch;
    (void)events;
    (void)!read(rig.worker.slot->wake_fd, &n, sizeof(n));
}

static void *serve(void *context)
{
    (void)context;
    app_enter(&rig.app);
    assert_int_equal(gcn_exec_threads_run(&rig.worker, THREADS), 0);
    app_leave(&rig.app);
    return NULL;
}

static void set_limits(struct gcn_http_limits *limits)
{
    *limits = (struct gcn_http_limits){
        .request_line_bytes = 4094,
        .fields = 100,
        .field_bytes = 8190,
        .body_max_bytes = 1 << 20,
        .body_memory_bytes = 1 << 17,
        .output_bytes = 256 * 1024,
        .worker_connections = 1000,
        .header_timeout_us = 60000000,
        .body_timeout_us = 60000000,
        .send_timeout_us = 60000000,
        .keepalive_us = 60000000,
        .linger_us = 2000000,
        .server_name = "rig",
    };
}

static int setup(void **state)
{
    struct gcn_error err = {{0}};
    struct gcn_listener_options options = {.backlog = 128, .uid = (uid_t)-1, .gid = (gid_t)-1};
    struct gcn_addr addr;

    (void)state;
    memset(&rig, 0, sizeof(rig));
    pthread_mutex_init(&rig.interpreter, NULL);
    pthread_barrier_init(&rig.meeting, NULL, THREADS);
    rig.settings = calloc(1, sizeof(*rig.settings));
    rig.settings->workers = 1;
    rig.app.ops = &ops;
    assert_true(gcn_addr_parse(gcn_slice_of("127.0.0.1:0"), &addr, &err));
    assert_true(gcn_listener_open(&rig.listener, &addr, &options, &err));
    assert_true(gcn_scoreboard_open(&rig.board, 2, &err));
    rig.start = (struct gcn_worker_start){.settings = rig.settings,
                                          .board = &rig.board,
                                          .slot = gcn_scoreboard_take(&rig.board),
                                          .listeners = &rig.listener,
                                          .n_listeners = 1};
    rig.worker = (struct gcn_worker){.start = &rig.start,
                                     .settings = rig.settings,
                                     .board = &rig.board,
                                     .slot = rig.start.slot,
                                     .app = &rig.app,
                                     .stop_by_us = INT64_MAX,
                                     .requests_left = INT64_MAX};
    set_limits(&rig.worker.limits);
    assert_true(gcn_loop_init(&rig.worker.loop, &err));
    rig.worker.wake_watch.fn = on_wake;
    assert_true(gcn_loop_watch(&rig.worker.loop, &rig.worker.wake_watch, rig.worker.slot->wake_fd,
                               EPOLLIN));
    return pthread_create(&rig.thread, NULL, serve, NULL);
}

static int teardown(void **state)
{
    (void)state;
    atomic_store(&rig.worker.stopping, true);
    gcn_slot_poke(rig.worker.slot);
    pthread_join(rig.thread, NULL);
    gcn_loop_finish(&rig.worker.loop);
    gcn_listener_close(&rig.listener);
    gcn_scoreboard_close(&rig.board);
    free(rig.settings);
    pthread_barrier_destroy(&rig.meeting);
    pthread_mutex_destroy(&rig.interpreter);
    return 0;
}

static int dial(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)atoi(rig.listener.port)),
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

/* Reads until `expect` has come; false if the connection broke. */
static bool await(int fd, const char *expect)
{
    char text[1024];
    size_t len = 0;

    do {
        ssize_t got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        text[len] = '\0';
    } while (strstr(text, expect) == NULL);
    return true;
}

/* One request and its whole (small) response; returns false if the connection broke. */
static bool ask(int fd, const char *path, const char *expect)
{
    char text[128];
    int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);

    return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n && await(fd, expect);
}

static void *meet(void *context)
{
    int fd = dial();

    (void)context;
    bool ok = ask(fd, "/meet", "met");
    close(fd);
    return ok ? (void *)1 : NULL;
}

static void as_many_requests_as_threads_run_at_once(void **state)
{
    pthread_t clients[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&clients[i], NULL, meet, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *ok;
        pthread_join(clients[i], &ok);
        assert_non_null(ok);
    }
}

static void *hammer(void *context)
{
    int fd = dial();
    bool ok = true;

    (void)context;
    for (int i = 0; i < ROUNDS && ok; i++) {
        ok = ask(fd, "/", "hello");
    }
    close(fd);
    return ok ? (void *)1 : NULL;
}

static void kept_connections_are_all_answered(void **state)
{
    pthread_t clients[CLIENTS];

    (void)state;
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_create(&clients[i], NULL, hammer, NULL), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        void *ok;
        pthread_join(clients[i], &ok);
        assert_non_null(ok);
    }
    assert_int_equal(rig.calls, CLIENTS * ROUNDS);
}

static void send_request(int fd, const char *path)
{
    char text[128];
    int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);

    assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

/* So many requests at once that the loop rests while they run: see threads_nap.c. */
static void a_crowd_of_quick_calls_is_answered_at_once(void **state)
{
    int fds[CROWD], written = dial();

    (void)state;
    for (int i = 0; i < CROWD; i++) {
        fds[i] = dial();
    }
    for (int round = 0; round < CROWD_ROUNDS; round++) {
        for (int i = 0; i < CROWD; i++) {
            send_request(fds[i], "/spin");
        }
        if (round == CROWD_ROUNDS - 1) {
            send_request(written, "/written");
        }
        for (int i = 0; i < CROWD; i++) {
            assert_true(await(fds[i], "spun"));
        }
    }
    assert_true(await(written, "written")); /* its app has not ended */
    for (int i = 1; i < THREADS; i++) {
        send_request(fds[i], "/meet");
    }
    for (int i = 1; i < THREADS; i++) {
        assert_true(await(fds[i], "met"));
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
    int slow[THREADS - 1];
    int other = dial();
    size_t total = 0;
    ssize_t got;

    (void)state;
    for (int i = 0; i < THREADS - 1; i++) {
        slow[i] = dial();
        assert_int_equal(send(slow[i], request, sizeof(request) - 1, 0), sizeof(request) - 1);
    }
    assert_true(ask(other, "/", "hello"));
    for (int i = 0; i < THREADS - 1; i++) {
        for (total = 0; (got = recv(slow[i], text, sizeof(text), 0)) > 0;) {
            total += (size_t)got;
        }
        assert_int_equal(got, 0);
        assert_true(total > (size_t)CHUNK * CHUNKS);
        close(slow[i]);
    }
    close(other);
    assert_int_equal(rig.gone, 0);
}

static void a_client_that_leaves_ends_the_iteration(void **state)
{
    static const char request[] = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";
    char byte;
    int fd = dial();
    int64_t until_ms = gcn_clock_ms() + 10000;

    (void)state;
    assert_int_equal(send(fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    assert_int_equal(recv(fd, &byte, 1, 0), 1); /* it streams */
    close(fd);
    while (rig.gone == 0 && gcn_clock_ms() < until_ms) {
        int other = dial();
        assert_true(ask(other, "/", "hello"));
        close(other);
    }
    assert_int_equal(rig.gone, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(as_many_requests_as_threads_run_at_once),
        TEST(kept_connections_are_all_answered),
        TEST(a_crowd_of_quick_calls_is_answered_at_once),
        TEST(slow_readers_do_not_stop_the_others),
        TEST(a_client_that_leaves_ends_the_iteration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
