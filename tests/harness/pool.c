/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "check.h"

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

enum {
    CHUNK = 64 * 1024,
    CHUNKS = GCN_POOL_STREAM_BYTES / CHUNK,
    SPIN_US = 50,
    TICKETS = 1024, /* calls whose time-outs are told apart */
};

struct gcn_pool_counts gcn_pool_counts;

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
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t alarm;
    bool timed_out[TICKETS];
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
            gcn_pool_counts.gone++;
            break;
        }
    }
    gcn_response_end(res);
}

/*
 * All of the body is written before the app has ended: it cannot wait for what the app does then.
 */
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

/* As an app that only an exception ends. */
static void wait_for_time_out(struct gcn_app *app, const struct gcn_request *req)
{
    app_leave(app);
    pthread_mutex_lock(&rig.lock);
    while (!rig.timed_out[req->ticket % TICKETS]) {
        pthread_cond_wait(&rig.alarm, &rig.lock);
    }
    rig.timed_out[req->ticket % TICKETS] = false;
    pthread_mutex_unlock(&rig.lock);
    app_enter(app);
}

static void app_time_out(struct gcn_app *app, uint64_t ticket)
{
    (void)app;
    pthread_mutex_lock(&rig.lock);
    rig.timed_out[ticket % TICKETS] = true;
    pthread_cond_broadcast(&rig.alarm);
    pthread_mutex_unlock(&rig.lock);
}

static void app_dump_stacks(struct gcn_app *app)
{
    (void)app;
}

static void app_call(struct gcn_app *app, struct gcn_request *req, struct gcn_response *res)
{
    (void)app;
    gcn_pool_counts.calls++;
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
    } else if (gcn_slice_equal(req->head->path, GCN_SLICE("/wait"))) {
        wait_for_time_out(app, req);
        say(res, "too late");
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
                                       .time_out = app_time_out,
                                       .dump_stacks = app_dump_stacks,
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
    assert_int_equal(gcn_exec_threads_run(&rig.worker, GCN_POOL_THREADS), 0);
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

static int start(int64_t request_timeout_us)
{
    struct gcn_error err = {{0}};
    struct gcn_listener_options options = {.backlog = 128, .uid = (uid_t)-1, .gid = (gid_t)-1};
    struct gcn_addr addr;

    memset(&rig, 0, sizeof(rig));
    gcn_pool_counts = (struct gcn_pool_counts){0};
    pthread_mutex_init(&rig.interpreter, NULL);
    pthread_barrier_init(&rig.meeting, NULL, GCN_POOL_THREADS);
    pthread_mutex_init(&rig.lock, NULL);
    pthread_cond_init(&rig.alarm, NULL);
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
                                     .request_timeout_us = request_timeout_us,
                                     .graceful_timeout_us = 60000000,
                                     .requests_left = INT64_MAX};
    set_limits(&rig.worker.limits);
    assert_true(gcn_loop_init(&rig.worker.loop, &err));
    rig.worker.wake_watch.fn = on_wake;
    assert_true(gcn_loop_watch(&rig.worker.loop, &rig.worker.wake_watch, rig.worker.slot->wake_fd,
                               EPOLLIN));
    return pthread_create(&rig.thread, NULL, serve, NULL);
}

int gcn_pool_start(void **state)
{
    (void)state;
    return start(60000000);
}

int gcn_pool_start_hasty(void **state)
{
    (void)state;
    return start(200000);
}

void gcn_pool_ask_to_stop(void)
{
    atomic_store(&rig.worker.stopping, true);
    gcn_slot_poke(rig.worker.slot);
}

int gcn_pool_stop(void **state)
{
    (void)state;
    gcn_pool_ask_to_stop();
    pthread_join(rig.thread, NULL);
    gcn_loop_finish(&rig.worker.loop);
    gcn_listener_close(&rig.listener);
    gcn_scoreboard_close(&rig.board);
    free(rig.settings);
    pthread_barrier_destroy(&rig.meeting);
    pthread_mutex_destroy(&rig.lock);
    pthread_cond_destroy(&rig.alarm);
    pthread_mutex_destroy(&rig.interpreter);
    return 0;
}

int gcn_pool_dial(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)atoi(rig.listener.port)),
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) {
        count++;
    }
    return count;
}

bool gcn_pool_expect(int fd, const char *text, int count, bool *begun)
{
    char received[4096];
    size_t len = 0;

    do {
        ssize_t got = recv(fd, received + len, sizeof(received) - 1 - len, 0);
        *begun = *begun || got > 0;
        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        received[len] = '\0';
    } while (count_of(received, text) < count);
    return true;
}

bool gcn_pool_request(int fd, const char *path)
{
    char text[128];
    int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);

    return send(fd, text, (size_t)n, MSG_NOSIGNAL) == n;
}

bool gcn_pool_ask(int fd, const char *path, const char *expect)
{
    bool begun = false;

    return gcn_pool_request(fd, path) && gcn_pool_expect(fd, expect, 1, &begun);
}

void gcn_pool_run_clients(int n, void *(*client)(void *number))
{
    pthread_t threads[GCN_POOL_CLIENTS];

    for (int i = 0; i < n; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, client, (void *)(intptr_t)i), 0);
    }
    for (int i = 0; i < n; i++) {
        void *ok;
        pthread_join(threads[i], &ok);
        assert_non_null(ok);
    }
}
