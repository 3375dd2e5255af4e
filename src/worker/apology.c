/* SPDX-License-Identifier: MIT */
/*
 * A whole app in C, small as apps go.
 */
#include "apology.h"

#include <gcorn/base/mem.h>

/* Lifetime: worker. */
struct apology {
    struct gcn_app app;
    char *reason; /* owned */
};

static void call(struct gcn_app *app, struct gcn_request *req, struct gcn_response *res)
{
    struct apology *self = GCN_CONTAINER_OF(app, struct apology, app);
    struct gcn_slice body = gcn_slice_of(self->reason);

    (void)req;
    if (gcn_response_begin(res, GCN_SLICE("500 Internal Server Error")) != GCN_RESPONSE_OK ||
        gcn_response_field(res, GCN_SLICE("Content-Type"),
                           GCN_SLICE("text/plain; charset=utf-8")) != GCN_RESPONSE_OK) {
        gcn_response_fail(res, 500);
        return;
    }
    gcn_response_set_length(res, (int64_t)body.len);
    if (gcn_response_write(res, body, GCN_FLUSH_LATER, NULL, NULL, NULL) == GCN_SINK_OK) {
        gcn_response_end(res);
    } else {
        gcn_response_fail(res, 500);
    }
}

/* It needs no interpreter, and none has anything to do. */
static void nothing(struct gcn_app *app)
{
    (void)app;
}

static void no_time_out(struct gcn_app *app, uint64_t ticket)
{
    (void)app;
    (void)ticket;
}

static const struct gcn_app_ops ops = {
    .call = call,
    .enter = nothing,
    .leave = nothing,
    .time_out = no_time_out,
    .dump_stacks = nothing,
    .thread_start = nothing,
    .thread_stop = nothing,
};

struct gcn_app *gcn_apology_create(const char *reason)
{
    struct apology *self = gcn_alloc_zero(1, sizeof(*self));

    self->app.ops = &ops;
    self->reason = gcn_strdup(reason);
    return &self->app;
}

void gcn_apology_destroy(struct gcn_app *app)
{
    if (app != NULL) {
        struct apology *self = GCN_CONTAINER_OF(app, struct apology, app);
        gcn_free(self->reason);
        gcn_free(self);
    }
}
