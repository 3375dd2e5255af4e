/* SPDX-License-Identifier: MIT */
/*
 * A core with an app in C on a loopback socket, turned by hand: what an executor does, without
 * threads, processes or Python. Clients are plain sockets of the same thread.
 */
#ifndef GCORN_TESTS_HARNESS_RIG_H
#define GCORN_TESTS_HARNESS_RIG_H

#include <gcorn/http/app.h>
#include <gcorn/http/core.h>

/* Answers one request. */
typedef void (*rig_app_fn)(struct gcn_request *req, struct gcn_response *res);

struct rig {
    struct gcn_loop loop;
    struct gcn_http_limits limits; /* change before rig_listen */
    struct gcn_core core;
    struct gcn_core_listener listener;
    struct gcn_sink sink;
    rig_app_fn app;
    int port;
    int n_calls;    /* of the app */
    int n_refused;
    int n_complete, n_incomplete; /* responses */
    enum gcn_refusal refusal;     /* the last one */
};

/* Usual limits, no socket yet. */
void rig_init(struct rig *rig, rig_app_fn app);
void rig_listen(struct rig *rig);
void rig_finish(struct rig *rig);

/* A connected client, blocking with a time-out of 5 s for reads. */
int rig_connect(struct rig *rig);

/* Turn the core until nothing has happened for some turns. */
void rig_pump(struct rig *rig);

/* The same, without running the app. */
void rig_pump_io(struct rig *rig);

/* Send all of the text. */
void rig_send(int fd, const char *text, size_t len);

/*
 * Pump and read until `want` bytes, the end of the stream or a pause of 20 pumps; NUL-terminated
 * into `out`. Returns the bytes read; *closed (may be NULL) says whether the stream has ended.
 */
size_t rig_read(struct rig *rig, int fd, char *out, size_t size, bool *closed);

/*
 * Pump and read until `text` has come (true), or the stream has ended or 5 s have passed (false).
 */
bool rig_await(struct rig *rig, int fd, const char *text);

#endif
