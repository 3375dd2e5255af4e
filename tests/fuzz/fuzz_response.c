/* SPDX-License-Identifier: MIT */
/*
 * What an app says, whatever it is: never more lines in the head than fields were accepted, never a
 * body that llhttp does not read to the same end.
 *
 * The input is a list of steps: a byte that says what to do, a byte of length, that many bytes.
 */
#include "fuzz.h"

#include <llhttp.h>
#include <string.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/die.h>
#include <gcorn/base/log.h>
#include <gcorn/http/response.h>

/* Lifetime: one input. */
struct play {
    struct gcn_sink sink;
    struct gcn_response res;
    struct gcn_buf wire; /* what was submitted */
    int n_fields;        /* that the app gave and that may stand in the head */
};

static enum gcn_sink_result submit(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out)
{
    struct play *play = GCN_CONTAINER_OF(sink, struct play, sink);

    (void)res;
    for (const struct gcn_piece *piece = out->first; piece != NULL; piece = piece->next) {
        GCN_ASSERT(piece->kind == GCN_PIECE_COPY);
        gcn_buf_append(&play->wire, piece->ptr, piece->len);
    }
    gcn_out_clear(out);
    return GCN_SINK_OK;
}

/* A step of the input; false at its end. */
static bool next_step(struct gcn_slice *input, unsigned *what, struct gcn_slice *text)
{
    if (input->len < 2) {
        return false;
    }
    size_t len = (unsigned char)input->ptr[1];
    *what = (unsigned char)input->ptr[0];
    len = len < input->len - 2 ? len : input->len - 2;
    *text = (struct gcn_slice){input->ptr + 2, len};
    *input = (struct gcn_slice){input->ptr + 2 + len, input->len - 2 - len};
    return true;
}

static void give_field(struct play *play, struct gcn_slice text)
{
    struct gcn_slice name, value;

    gcn_slice_cut(text, ':', &name, &value);
    play->n_fields += gcn_response_field(&play->res, name, value) == GCN_RESPONSE_OK;
}

static void give_hint(struct play *play, struct gcn_slice text)
{
    struct gcn_slice fields[1][2];

    gcn_slice_cut(text, ':', &fields[0][0], &fields[0][1]);
    (void)!gcn_response_early_hints(&play->res, (const struct gcn_slice(*)[2])fields, 1);
}

static void give(struct play *play, unsigned what, struct gcn_slice text)
{
    struct gcn_response *res = &play->res;

    switch (what % 8) {
    case 0:
        if (!res->head_sent && gcn_response_begin(res, text) == GCN_RESPONSE_OK) {
            play->n_fields = 0;
        }
        break;
    case 1:
    case 2:
    case 3:
        if (res->begun && !res->head_sent) {
            give_field(play, text);
        }
        break;
    case 4:
        give_hint(play, text);
        break;
    case 5:
        if (res->begun) {
            gcn_response_set_length(res, (int64_t)text.len);
        }
        break;
    default:
        if (res->begun) {
            enum gcn_flush flush = what & 8 ? GCN_FLUSH_NOW : GCN_FLUSH_LATER;
            (void)!gcn_response_write(res, text, flush, NULL, NULL, NULL);
        }
    }
}

/* llhttp's view: the number of final responses, and the lines of the last head. */
struct view {
    bool no_body;
    int n_final, n_fields;
};

static int on_status(llhttp_t *parser)
{
    struct view *view = parser->data;
    view->n_fields = 0;
    return 0;
}

static int on_field(llhttp_t *parser)
{
    ((struct view *)parser->data)->n_fields++;
    return 0;
}

static int on_headers(llhttp_t *parser)
{
    const struct view *view = parser->data;
    int status = llhttp_get_status_code(parser);
    return view->no_body || status == 204 || status == 205 || status == 304 ? 1 : 0;
}

static int on_message(llhttp_t *parser)
{
    struct view *view = parser->data;
    view->n_final += llhttp_get_status_code(parser) >= 200;
    return 0;
}

/* Server, Date, Connection, and perhaps Keep-Alive, Transfer-Encoding, Content-Length. */
enum { OWN_FIELDS_MAX = 6 };

static void check(const struct play *play)
{
    static const llhttp_settings_t settings = {.on_status_complete = on_status,
                                               .on_header_field_complete = on_field,
                                               .on_headers_complete = on_headers,
                                               .on_message_complete = on_message};
    struct view view = {.no_body = play->res.head_only};
    llhttp_t parser;

    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    llhttp_set_lenient_keep_alive(&parser, 1);
    parser.data = &view;
    llhttp_errno_t error = llhttp_execute(&parser, play->wire.ptr, play->wire.len);
    if (play->res.status < 200 || play->res.upgrade) {
        return; /* not an end that llhttp knows */
    }
    GCN_ASSERT(error == HPE_OK);
    (void)llhttp_finish(&parser);
    GCN_ASSERT(view.n_final == (play->res.failed && view.n_final == 0 ? 0 : 1));
    GCN_ASSERT(view.n_fields <= play->n_fields + OWN_FIELDS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play play = {.sink = {.submit = submit}};
    struct gcn_slice input = {(const char *)data, size}, text;
    unsigned what;

    gcn_log_set_level(GCN_LOG_CRITICAL);
    gcn_response_init(&play.res, &play.sink);
    if (next_step(&input, &what, &text)) {
        play.res.head_only = what & 1;
        play.res.http11 = what & 2;
        play.res.version_minor = play.res.http11;
        play.res.may_keep = what & 4;
        play.res.keepalive = what & 8 ? GCN_SLICE("Keep-Alive: timeout=8\r\n") : (struct gcn_slice){NULL, 0};
    }
    while (next_step(&input, &what, &text)) {
        give(&play, what, text);
    }
    if (play.res.begun) {
        gcn_response_end(&play.res);
        check(&play);
    }
    gcn_response_finish(&play.res);
    gcn_buf_finish(&play.wire);
    gcn_out_pool_finish();
    return 0;
}
