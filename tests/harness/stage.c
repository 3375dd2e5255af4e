/* SPDX-License-Identifier: MIT */
/*
 * A stage for an app without a socket.
 */
#include "harness/stage.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gcorn/base/die.h>

#include "unit/http/http_limits.h"

static struct gcn_http_limits stage_limits(bool body_in_file)
{
    struct gcn_http_limits limits = default_limits();

    if (body_in_file) {
        limits.body_memory_bytes = 0;
    }
    return limits;
}

static void take_file(struct gcn_buf *to, const struct gcn_piece *piece)
{
    char *room = gcn_buf_reserve(to, piece->len);
    ssize_t got = pread(piece->file.fd, room, piece->len, piece->file.offset);

    GCN_ASSERT(got == (ssize_t)piece->len);
    to->len += piece->len;
}

static void *clear_out(void *out)
{
    gcn_out_clear(out);
    gcn_out_pool_finish();
    return NULL;
}

/* As the loop's thread would, which may hold no GIL. */
static void clear_elsewhere(struct gcn_out *out)
{
    pthread_t thread;

    GCN_ASSERT(pthread_create(&thread, NULL, clear_out, out) == 0);
    GCN_ASSERT(pthread_join(thread, NULL) == 0);
}

static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out)
{
    struct gcn_stage *stage = GCN_CONTAINER_OF(sink, struct gcn_stage, sink);

    (void)res;
    stage->submits++;
    for (const struct gcn_piece *piece = out->first; piece != NULL; piece = piece->next) {
        if (piece->kind == GCN_PIECE_FILE) {
            take_file(&stage->sent, piece);
        } else {
            gcn_buf_append(&stage->sent, piece->ptr, piece->len);
        }
    }
    if (stage->cold) {
        clear_elsewhere(out);
    } else {
        gcn_out_clear(out);
    }
    return stage->sent.len > stage->leave_after ? GCN_SINK_GONE : GCN_SINK_OK;
}

void gcn_stage_init(struct gcn_stage *stage, struct gcn_app *app)
{
    static const struct gcn_endpoint local = {.host = "127.0.0.1", .port = "8000"};

    *stage = (struct gcn_stage){
        .leave_after = SIZE_MAX,
        .peer = {.host = "192.0.2.1", .port = "4000"},
        .local = &local,
        .fd = -1,
        .sink = {submit},
        .app = app,
    };
}

void gcn_stage_finish(struct gcn_stage *stage)
{
    gcn_buf_finish(&stage->sent);
}

/* Parse the head at `request`; *used is its length. */
static struct gcn_head *parse(const struct gcn_stage *stage, const char *request, size_t len,
                              size_t *used)
{
    struct gcn_http_limits limits = stage_limits(false);
    struct gcn_head_scan scan = {0};
    struct gcn_head *head = gcn_head_create();

    GCN_ASSERT(gcn_head_scan(&scan, request, len, &limits, used) == GCN_REFUSE_NOTHING);
    GCN_ASSERT(*used > 0);
    if (gcn_head_parse(head, request, *used, &limits, stage->trusted, NULL) !=
        GCN_REFUSE_NOTHING) {
        gcn_die("the policy refuses this head:\n%.*s", (int)*used, request);
    }
    return head;
}

struct gcn_head *gcn_stage_keep(const struct gcn_stage *stage, const char *request)
{
    size_t used;
    struct gcn_head *head = parse(stage, request, strlen(request), &used);
    struct gcn_head *kept = gcn_head_copy(head);

    gcn_head_unref(head);
    return kept;
}

static void set_body(const struct gcn_stage *stage, struct gcn_body *body, const char *bytes,
                     size_t len)
{
    struct gcn_http_limits limits = stage_limits(stage->body_in_file);
    struct gcn_slice text = {bytes, len};

    gcn_body_init(body);
    if (stage->body_in_file && len > 0) {
        GCN_ASSERT(gcn_body_append(body, text, (int64_t)len, &limits) == GCN_REFUSE_NOTHING);
        GCN_ASSERT(body->fd >= 0);
    } else if (len > 0) {
        gcn_body_borrow(body, text);
    }
}

static void set_response(struct gcn_stage *stage, struct gcn_response *res,
                         const struct gcn_head *head)
{
    gcn_response_init(res, &stage->sink);
    res->version_minor = head->version_minor;
    res->http11 = head->version_minor >= 1;
    res->head_only = gcn_slice_equal(head->method, GCN_SLICE("HEAD"));
    res->may_keep = head->keep_alive;
    stage->sent.len = 0;
    stage->submits = 0;
}

const char *gcn_stage_play(struct gcn_stage *stage, const char *request, size_t len)
{
    struct gcn_response res;
    size_t used = stage->kept != NULL ? stage->kept->raw.len : 0;
    struct gcn_head *head =
        stage->kept != NULL ? gcn_head_ref(stage->kept) : parse(stage, request, len, &used);
    struct gcn_request req = {
        .head = head,
        .peer = &stage->peer,
        .proxy = stage->proxy_protocol != NULL ? &stage->proxy : NULL,
        .proxy_protocol = stage->proxy_protocol,
        .local = stage->local,
        .fd = stage->fd,
        .tls = stage->tls,
        .number = 1,
        .ticket = stage->ticket,
    };

    set_body(stage, &req.body, request + used, len - used);
    set_response(stage, &res, head);
    stage->app->ops->call(stage->app, &req, &res);
    stage->ended = res.ended;
    stage->failed = res.failed;
    stage->gone = res.gone;
    stage->status = res.status;
    stage->keeps = gcn_response_keeps(&res);
    gcn_response_finish(&res);
    gcn_body_finish(&req.body);
    gcn_head_unref(head);
    gcn_buf_append(&stage->sent, "", 0);
    return stage->sent.len == 0 ? "" : stage->sent.ptr;
}
