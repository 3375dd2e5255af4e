/* SPDX-License-Identifier: MIT */
/*
 * The rig: see rig.h.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gcorn/base/die.h>
#include <gcorn/net/socket.h>

enum { QUIET_TURNS = 3 };

static void on_finished(void *context, const struct gcn_request *req,
                        const struct gcn_response *res, bool complete)
{
    struct rig *rig = context;

    (void)req;
    (void)res;
    if (complete) {
        rig->n_complete++;
    } else {
        rig->n_incomplete++;
    }
}

static void on_refused(void *context, const struct gcn_refused *what)
{
    struct rig *rig = context;

    rig->n_refused++;
    rig->refusal = what->refusal;
}

static void turn(struct rig *rig, bool run_app)
{
    struct gcn_exchange *x;

    gcn_core_expire(&rig->core);
    (void)gcn_loop_wait(&rig->loop, 0);
    do {
        gcn_loop_dispatch(&rig->loop);
        while (run_app && (x = gcn_core_take(&rig->core)) != NULL) {
            rig->n_calls++;
            rig->app(&x->req, &x->res);
            gcn_core_finish(&rig->core, x);
        }
    } while (gcn_loop_has_rest(&rig->loop));
}

/* Like the inline executor: waits for the client by turning the loop. */
static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out)
{
    struct rig *rig = GCN_CONTAINER_OF(sink, struct rig, sink);
    struct gcn_exchange *x = GCN_CONTAINER_OF(res, struct gcn_exchange, res);
    enum gcn_sink_result result = gcn_core_send(&rig->core, x, out);

    while (result == GCN_SINK_OK && !res->ended && gcn_core_is_full(&rig->core, x)) {
        turn(rig, false);
    }
    return gcn_core_is_gone(x) ? GCN_SINK_GONE : result;
}

void rig_init(struct rig *rig, rig_app_fn app)
{
    struct gcn_error err = {{0}};

    memset(rig, 0, sizeof(*rig));
    rig->app = app;
    rig->sink.submit = submit;
    rig->limits = (struct gcn_http_limits){
        .request_line_bytes = 4094,
        .fields = 100,
        .field_bytes = 8190,
        .body_max_bytes = 64 * 1024 * 1024,
        .body_memory_bytes = 128 * 1024,
        .output_bytes = 256 * 1024,
        .worker_connections = 1000,
        .header_timeout_us = 60000000,
        .body_timeout_us = 60000000,
        .send_timeout_us = 60000000,
        .keepalive_us = 60000000,
        .linger_us = 2000000,
        .sendfile = true,
        .server_name = "rig",
    };
    if (!gcn_loop_init(&rig->loop, &err)) {
        gcn_die("%s", err.text);
    }
}

void rig_listen(struct rig *rig)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) < 0) {
        gcn_die("rig: no listening socket: %s", strerror(errno));
    }
    gcn_socket_limit_unsent(fd, GCN_SOCKET_UNSENT_BYTES);
    rig->port = ntohs(addr.sin_port);
    rig->listener.fd = fd;
    snprintf(rig->listener.local.host, sizeof(rig->listener.local.host), "127.0.0.1");
    snprintf(rig->listener.local.port, sizeof(rig->listener.local.port), "%u", (unsigned)rig->port % 65536);
    gcn_core_init(&rig->core, &rig->loop, &rig->limits, &rig->listener, 1);
    rig->core.sink = &rig->sink;
    rig->core.events.context = rig;
    rig->core.events.finished = on_finished;
    rig->core.events.refused = on_refused;
    if (!gcn_core_listen(&rig->core)) {
        gcn_die("rig: cannot watch: %s", strerror(errno));
    }
}

void rig_finish(struct rig *rig)
{
    gcn_core_finish_all(&rig->core);
    close(rig->listener.fd);
    gcn_loop_finish(&rig->loop);
}

int rig_connect(struct rig *rig)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)rig->port),
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        gcn_die("rig: cannot connect: %s", strerror(errno));
    }
    int on = 1; /* what a test sends in two pieces comes at once, not when the first is acknowledged */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void pump(struct rig *rig, bool run_app)
{
    for (int quiet = 0; quiet < QUIET_TURNS; quiet++) {
        (void)gcn_loop_wait(&rig->loop, 1);
        if (gcn_loop_has_rest(&rig->loop)) {
            quiet = -1;
        }
        turn(rig, run_app);
    }
}

void rig_pump(struct rig *rig)
{
    pump(rig, true);
}

void rig_pump_io(struct rig *rig)
{
    pump(rig, false);
}

void rig_send(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n < 0) {
            gcn_die("rig: cannot send: %s", strerror(errno));
        }
        text += n;
        len -= (size_t)n;
    }
}

size_t rig_read(struct rig *rig, int fd, char *out, size_t size, bool *closed)
{
    size_t len = 0;
    bool ended = false;

    for (int quiet = 0; quiet < 20 && !ended && len < size - 1; quiet++) {
        rig_pump(rig);
        ssize_t n = recv(fd, out + len, size - 1 - len, MSG_DONTWAIT);
        if (n > 0) {
            len += (size_t)n;
            quiet = -1;
        } else if (n == 0 || errno != EAGAIN) {
            ended = true;
        }
    }
    out[len] = '\0';
    if (closed != NULL) {
        *closed = ended;
    }
    return len;
}

bool rig_await(struct rig *rig, int fd, const char *text)
{
    char got[4096];
    size_t len = 0;

    for (int i = 0; i < 5000 && len < sizeof(got) - 1; i++) {
        (void)gcn_loop_wait(&rig->loop, 1);
        turn(rig, true);
        ssize_t n = recv(fd, got + len, sizeof(got) - 1 - len, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            return false;
        }
        len += n > 0 ? (size_t)n : 0;
        got[len] = '\0';
        if (strstr(got, text) != NULL) {
            return true;
        }
    }
    return false;
}
