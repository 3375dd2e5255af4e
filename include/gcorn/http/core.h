/* SPDX-License-Identifier: MIT */
/*
 * The I/O core of a worker: listeners, connections, deadlines. It accepts, reads and parses requests and
 * sends responses, without Python and without knowing who runs the app: complete requests wait in a
 * queue from which an executor takes them.
 */
#ifndef GCORN_HTTP_CORE_H
#define GCORN_HTTP_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/list.h>
#include <gcorn/http/limits.h>
#include <gcorn/http/request.h>
#include <gcorn/http/response.h>
#include <gcorn/net/loop.h>
#include <gcorn/net/timeq.h>

struct gcn_core;
struct gcn_conn;

/* One socket that connections come from. Lifetime: core. */
struct gcn_core_listener {
    struct gcn_watch watch;
    struct gcn_core *core; /* borrowed */
    int fd;                /* borrowed */
    bool is_unix;
    bool tls;
    struct gcn_endpoint local;
};

/* What the core tells its worker. Any member may be NULL. Thread: loop. */
struct gcn_core_events {
    /* May this worker accept now? Asked before each accept; false leaves the connection to a sibling. */
    bool (*may_accept)(void *context);
    /* A connection was accepted (+1) or closed (-1). */
    void (*connections)(void *context, int delta);
    /* How many requests are running, queued or expected at once from fresh connections changed. */
    void (*load)(void *context, int load);
    /* A response is complete (sent, or given up). The request and response are still there. */
    void (*finished)(void *context, const struct gcn_request *req, const struct gcn_response *res,
                     bool complete);
    /* The server refused a request itself. `head` may be NULL. */
    void (*refused)(void *context, const struct gcn_endpoint *peer, enum gcn_refusal refusal,
                    struct gcn_slice culprit);
};

/* Lifetime: request. What an executor works on. */
struct gcn_exchange {
    struct gcn_list link; /* in core->ready, or the executor's */
    struct gcn_conn *conn; /* borrowed */
    struct gcn_request req;
    struct gcn_response res;
};

#endif
