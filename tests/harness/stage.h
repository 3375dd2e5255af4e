/* SPDX-License-Identifier: MIT */
/*
 * A stage for an app without a socket: a request as text goes in, what the app's response sends
 * comes out as text.
 */
#ifndef GCORN_TESTS_STAGE_H
#define GCORN_TESTS_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/buf.h>
#include <gcorn/http/app.h>
#include <gcorn/http/request.h>
#include <gcorn/http/response.h>

/* Caller's memory; set up by gcn_stage_init. The members in the first group may be changed. */
struct gcn_stage {
    bool trusted;      /* the peer's forwarding fields are believed */
    bool body_in_file; /* bodies are in a temporary file */
    bool tls;
    struct gcn_head *kept; /* play this head, as the core does with one from its cache; or NULL */
    size_t leave_after;    /* the client leaves once it has so many bytes; SIZE_MAX: it stays */
    bool cold;             /* drop references on a thread without the GIL, as the loop may */
    struct gcn_endpoint peer, proxy;
    const struct gcn_endpoint *local; /* as a listener's: it may not change once played */
    const char *proxy_protocol;
    int fd;
    uint64_t ticket; /* by which the call can be timed out */
    /* outcome of the last play */
    struct gcn_buf sent; /* owned */
    int submits;
    bool ended, failed, gone, keeps;
    int status;
    /* private */
    struct gcn_sink sink;
    struct gcn_app *app; /* borrowed */
};

/* From 192.0.2.1:4000 to 127.0.0.1:8000. */
void gcn_stage_init(struct gcn_stage *stage, struct gcn_app *app);
void gcn_stage_finish(struct gcn_stage *stage);

/*
 * Play the request (head and body as text, `len` bytes). Returns everything that was sent,
 * NUL-terminated, until the next play. The head must be one that the policy accepts.
 */
const char *gcn_stage_play(struct gcn_stage *stage, const char *request, size_t len);

/* The head of `request` as the core would keep it: for stage->kept. The caller unrefs. */
struct gcn_head *gcn_stage_keep(const struct gcn_stage *stage, const char *request);

#endif
