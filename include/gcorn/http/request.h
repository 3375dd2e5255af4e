/* SPDX-License-Identifier: MIT */
/*
 * A complete request as an app sees it, plain C.
 */
#ifndef GCORN_HTTP_REQUEST_H
#define GCORN_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/http/body.h>
#include <gcorn/http/head.h>
#include <gcorn/log/request_id.h>

/* Lifetime: connection (in the listener for `local`). Texts are NUL-terminated. */
struct gcn_endpoint {
    bool is_unix;
    char host[64];  /* numeric address, without brackets; "" for a unix peer */
    char port[8];   /* decimal, filled up with NULs; "" for unix */
    const char *path; /* unix listener: its path, borrowed; else NULL */
};

/* Lifetime: request. Everything is borrowed from the connection, which outlives it. */
struct gcn_request {
    struct gcn_head *head;           /* one reference is the request's */
    struct gcn_body body;            /* complete */
    const struct gcn_endpoint *peer;  /* who sent it: the PROXY header's word, if one was trusted */
    const struct gcn_endpoint *proxy; /* PROXY_ADDR: where the PROXY header says that the client
                                         connected to; NULL if it says nothing */
    const char *proxy_protocol; /* "TCP4", "TCP6", "UNKNOWN", "LOCAL", "UNSPEC"; NULL: no header */
    const struct gcn_endpoint *local; /* the listener */
    int fd;                          /* the connection's socket, borrowed (gunicorn.socket) */
    bool tls;
    uint64_t number;                 /* 1 for the first on its connection */
    uint64_t ticket;                 /* which call of the app it is, where calls may be timed out; else 0 */
    struct gcn_slice id;             /* its X-Request-ID, or id_bytes; empty: it has none */
    char id_bytes[GCN_REQUEST_ID_BYTES];
    int64_t received_us;             /* loop time at which its first byte was read */
    int64_t kernel_us;               /* how long it had waited in the kernel; 0: not, or unknown */
    int64_t ready_us;                /* loop time at which it was complete */
    int64_t began_us;                /* … at which the app was called */
    int64_t ended_us;                /* … and at which it was done; 0: what it said is still being sent */
};

/* How long the request has waited for the app: in the kernel, and in here once it was complete. */
static inline int64_t gcn_request_queue_us(const struct gcn_request *req)
{
    return req->kernel_us + req->began_us - req->ready_us;
}

/* "https" or "http": TLS, or what a trusted peer's scheme field says. */
static inline bool gcn_request_is_https(const struct gcn_request *req)
{
    return req->head->scheme_given ? req->head->https : req->tls;
}

#endif
