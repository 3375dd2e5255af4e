/* SPDX-License-Identifier: MIT */
/*
 * A connection of the I/O core on a socket pair: the client sends the input in segments, an app in
 * C answers. The app gets the requests that the model of the wire cases gets, and what the client
 * reads are responses that llhttp reads without complaint. If the input ends in 'L', the client
 * leaves without reading to the end.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <llhttp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/base/log.h>
#include <gcorn/http/core.h>
#include <gcorn/http/head.h>

#include "../wire/wire.h"
#include "conn.h"
#include "http_options.h"

enum { LARGE_BYTES = 600 * 1000 };

/* Process: the server, and what one input did to it. */
static struct {
    struct gcn_loop loop;
    bool ready;
    struct gcn_core core;
    struct gcn_core_listener listener;
    struct gcn_sink sink;
    struct gcn_http_limits limits;
    bool trusted;
    struct gcn_buf seen;    /* "METHOD TARGET LENGTH\n" of each call of the app */
    bool kept;              /* the last response did not end the connection */
    struct gcn_buf answers; /* what the client has read */
} run;

static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out)
{
    (void)sink;
    return gcn_core_send(&run.core, GCN_CONTAINER_OF(res, struct gcn_exchange, res), out);
}

static bool is_trusted(void *context, const struct sockaddr *peer)
{
    (void)context;
    (void)peer;
    return run.trusted;
}

static void note_call(const struct gcn_request *req)
{
    wire_escape(&run.seen, req->head->method);
    gcn_buf_append_byte(&run.seen, ' ');
    wire_escape(&run.seen, req->head->target);
    gcn_buf_printf(&run.seen, " %lld\n", (long long)req->body.len);
}

static void release(void *owner)
{
    (void)owner;
}

/* More than the socket takes, lent. */
static void answer_large(struct gcn_response *res)
{
    static char large[LARGE_BYTES];

    gcn_response_set_length(res, LARGE_BYTES);
    (void)!gcn_response_write(res, (struct gcn_slice){large, LARGE_BYTES}, GCN_FLUSH_LATER, large,
                              release, release);
}

/*
 * How it answers depends on the target's last byte: framed, chunked, large, without a body, or
 * failing.
 */
static void answer(struct gcn_request *req, struct gcn_response *res)
{
    static const struct gcn_slice statuses[] = {{"200 OK", 6}, {"204 None", 8}, {"304 Same", 8}};
    char kind = req->head->target.ptr[req->head->target.len - 1];
    struct gcn_slice body = GCN_SLICE("0123456789");

    note_call(req);
    if (kind == 'f') {
        gcn_response_fail(res, 500);
        run.kept = gcn_response_keeps(res);
        return;
    }
    enum gcn_response_fault fault = gcn_response_begin(res, statuses[(unsigned char)kind % 3]);
    GCN_ASSERT(fault == GCN_RESPONSE_OK);
    if (kind == 'B') {
        answer_large(res);
    } else if (kind % 2 == 0) {
        gcn_response_set_length(res, (int64_t)body.len);
    }
    for (int i = 0; kind != 'B' && i < (kind % 2 == 0 ? 1 : 3); i++) {
        enum gcn_flush flush = kind % 5 == 0 ? GCN_FLUSH_NOW : GCN_FLUSH_LATER;
        (void)!gcn_response_write(res, body, flush, NULL, NULL, NULL);
    }
    gcn_response_end(res);
    run.kept = gcn_response_keeps(res);
}

static void turn(void)
{
    struct gcn_exchange *x;

    gcn_core_expire(&run.core);
    (void)gcn_loop_wait(&run.loop, 0);
    do {
        gcn_loop_dispatch(&run.loop);
        while ((x = gcn_core_take(&run.core)) != NULL) {
            answer(&x->req, &x->res);
            gcn_core_finish(&run.core, x);
        }
    } while (gcn_loop_has_rest(&run.loop));
}

/* True if something was read. */
static bool read_answers(int fd)
{
    char bytes[16 * 1024];
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (n > 0) {
        gcn_buf_append(&run.answers, bytes, (size_t)n);
    }
    return n > 0;
}

/* Send the input in segments, whose sizes follow from its bytes, and turn the core in between. */
static void talk(int fd, const uint8_t *data, size_t size, bool leaves)
{
    size_t at = 0, step = 1;

    while (at < size) {
        step = step * 31 % 251 + data[at] % 64 + 1;
        size_t part = size - at < step ? size - at : step;
        ssize_t n = send(fd, data + at, part, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) {
            break; /* refused or closed */
        }
        at += n > 0 ? (size_t)n : 0;
        turn();
        (void)read_answers(fd);
    }
    for (int quiet = leaves ? 3 : 0; quiet < 3; quiet++) {
        turn();
        quiet = read_answers(fd) ? -1 : quiet;
    }
}

static void serve(const uint8_t *data, size_t size, bool leaves)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr = {htonl(0xc0000201)}};
    int pair[2];

    GCN_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    gcn_core_init(&run.core, &run.loop, &run.limits, &run.listener, 1);
    run.core.sink = &run.sink;
    run.core.events.is_trusted = is_trusted;
    run.core.events.is_proxy = is_trusted;
    struct gcn_conn *conn = gcn_conn_create(&run.listener, pair[0], (const struct sockaddr *)&peer);
    gcn_conn_receive(conn);
    talk(pair[1], data, size, leaves);
    close(pair[1]);
    for (int i = 0; i < 3; i++) {
        turn();
    }
    gcn_core_finish_all(&run.core);
}

/* The calls of the app that the model makes, in the notation of note_call. */
static void expect_calls(const struct wire_case *wire, struct gcn_buf *calls)
{
    struct gcn_buf transcript = {0};
    struct gcn_slice line, rest, length;

    wire_play(wire, NULL, 0, &transcript);
    rest = gcn_buf_slice(&transcript);
    while (gcn_slice_cut(rest, '\n', &line, &rest)) {
        if (gcn_slice_skip(&line, "app ")) {
            gcn_buf_append(calls, line.ptr, line.len);
        } else if (gcn_slice_skip(&line, "  body_bytes: ")) {
            length = line;
            gcn_buf_printf(calls, " %.*s\n", (int)length.len, length.ptr);
        }
    }
    gcn_buf_finish(&transcript);
}

/* llhttp reads the responses in a row; which of them have no body it has to be told. */
struct reader {
    struct gcn_slice calls;
};

static int on_headers(llhttp_t *parser)
{
    struct reader *reader = parser->data;
    struct gcn_slice call;
    int status = llhttp_get_status_code(parser);

    if (status < 200) {
        return 0;
    }
    (void)gcn_slice_cut(reader->calls, '\n', &call, &reader->calls);
    return gcn_slice_has_prefix(call, "HEAD ") || status == 204 || status == 304 ? 1 : 0;
}

static void check_answers(void)
{
    static const llhttp_settings_t settings = {.on_headers_complete = on_headers};
    struct reader reader = {gcn_buf_slice(&run.seen)};
    llhttp_t parser;

    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    llhttp_set_lenient_keep_alive(&parser, 1);
    parser.data = &reader;
    llhttp_errno_t error = llhttp_execute(&parser, run.answers.ptr, run.answers.len);
    GCN_ASSERT(error == HPE_OK || error == HPE_PAUSED_UPGRADE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_options options = take_options(&data, &size);
    struct wire_case wire = {.limits = options.limits, .trusted = options.trusted};
    struct gcn_error err = {{0}};
    struct gcn_buf calls = {0};

    if (!run.ready) {
        run.ready = gcn_loop_init(&run.loop, &err);
        GCN_ASSERT(run.ready);
        run.sink.submit = submit;
        gcn_log_set_level(GCN_LOG_CRITICAL);
    }
    run.limits = options.limits;
    run.limits.output_bytes = 1024 * 1024;
    run.limits.worker_connections = 10;
    run.limits.keepalive_us = run.limits.linger_us = 60 * 1000000;
    run.limits.server_name = "fuzz";
    run.trusted = options.trusted;
    run.kept = true;
    gcn_buf_append(&wire.input, data, size);
    gcn_buf_append(&calls, "", 0);
    gcn_buf_append(&run.seen, "", 0);
    gcn_buf_append(&run.answers, "", 0);
    expect_calls(&wire, &calls);
    bool leaves = size > 0 && data[size - 1] == 'L';
    serve(data, size, leaves);
    /* The model's app ends no connection; ours does, by failing or by a body without an end. */
    GCN_ASSERT(gcn_slice_has_prefix(gcn_buf_slice(&calls), run.seen.ptr));
    GCN_ASSERT(!run.kept || leaves || calls.len == run.seen.len);
    check_answers();
    gcn_buf_finish(&wire.input);
    gcn_buf_finish(&calls);
    gcn_buf_finish(&run.seen);
    gcn_buf_finish(&run.answers);
    return 0;
}
