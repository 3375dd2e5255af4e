/* SPDX-License-Identifier: MIT */
/*
 * A model of a connection: the parser's modules in the order in which the core uses them, without
 * sockets. Every step sees the input in a block of exactly its size, so that a sanitizer notices a
 * read beyond it.
 */
#include "wire.h"

#include <stdint.h>
#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/http/body.h>
#include <gcorn/http/head.h>
#include <gcorn/http/proxyproto.h>

enum phase {
    PHASE_PROXY,
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_CLOSED,
};

/* Lifetime: one play of a case. */
struct play {
    const struct wire_case *wire;
    struct gcn_buf *out;
    enum phase phase;
    size_t consumed; /* bytes of the input that are done with */
    size_t fed;      /* bytes of a chunked body behind the head that the decoder has */
    struct gcn_proxy_header proxy;
    struct gcn_head_scan scan;
    struct gcn_head *head; /* a copy; NULL between requests */
    struct gcn_chunked chunked;
    struct gcn_body body;
};

void wire_escape(struct gcn_buf *out, struct gcn_slice bytes)
{
    static const char names[] = "rnt0\\", codes[] = "\r\n\t\0\\";

    for (size_t i = 0; i < bytes.len; i++) {
        char byte = bytes.ptr[i];
        const char *at = memchr(codes, byte, sizeof(codes) - 1);
        if (at != NULL) {
            gcn_buf_printf(out, "\\%c", names[at - codes]);
        } else if (byte < ' ' || byte == 0x7f) {
            gcn_buf_printf(out, "\\x%02x", (unsigned char)byte);
        } else {
            gcn_buf_append_byte(out, byte);
        }
    }
}

static void print_text(struct gcn_buf *out, const char *label, struct gcn_slice text)
{
    gcn_buf_printf(out, "  %s: ", label);
    wire_escape(out, text);
    gcn_buf_append_byte(out, '\n');
}

static void print_body(struct gcn_buf *out, const struct gcn_body *body)
{
    size_t size = (size_t)body->len;
    char *bytes = gcn_alloc(size);
    size_t len = 0;
    ssize_t n;

    while ((n = gcn_body_read(body, (int64_t)len, bytes + len, size - len)) > 0) {
        len += (size_t)n;
    }
    gcn_buf_printf(out, "  body_bytes: %zu\n", len);
    print_text(out, "body", (struct gcn_slice){bytes, len});
    gcn_free(bytes);
}

static void print_fields(struct gcn_buf *out, const struct gcn_head *head)
{
    gcn_buf_printf(out, "  fields: %u\n", head->n_fields);
    for (uint32_t i = 0; i < head->n_fields; i++) {
        gcn_buf_append_str(out, "  field ");
        wire_escape(out, head->fields[i].name);
        gcn_buf_append_str(out, ": ");
        wire_escape(out, head->fields[i].value);
        gcn_buf_append_byte(out, '\n');
    }
}

static void print_request(struct play *play)
{
    const struct gcn_head *head = play->head;
    struct gcn_buf *out = play->out;

    gcn_buf_append_str(out, "app ");
    wire_escape(out, head->method);
    gcn_buf_append_byte(out, ' ');
    wire_escape(out, head->target);
    gcn_buf_append_byte(out, '\n');
    print_text(out, "path", head->path);
    print_text(out, "query", head->query);
    gcn_buf_printf(out, "  version: %d.%d\n", head->version_major, head->version_minor);
    gcn_buf_printf(out, "  scheme: %s\n", head->scheme_given && head->https ? "https" : "http");
    gcn_buf_printf(out, "  continue: %s\n", head->expect_continue ? "yes" : "no");
    print_text(out, "script_name", head->script_name);
    if (play->proxy.protocol != NULL) {
        gcn_buf_printf(out, "  proxy_protocol: %s\n", play->proxy.protocol);
    }
    if (play->proxy.has_addresses) {
        gcn_buf_printf(out, "  client: %s %s\n", play->proxy.source.host, play->proxy.source.port);
    }
    print_fields(out, head);
    print_body(out, &play->body);
}

static bool refuse(struct play *play, enum gcn_refusal refusal)
{
    const struct gcn_refusal_info *info = gcn_refusal_info(refusal);

    gcn_buf_printf(play->out, "refused %d %s\n", info->status, info->code);
    play->phase = PHASE_CLOSED;
    return false;
}

static void drop_request(struct play *play)
{
    gcn_head_unref(play->head);
    play->head = NULL;
    gcn_chunked_finish(&play->chunked);
    gcn_body_finish(&play->body);
    play->chunked = (struct gcn_chunked){0};
    play->scan = (struct gcn_head_scan){0};
    play->fed = 0;
}

static bool finish_request(struct play *play, size_t body_bytes)
{
    play->consumed += body_bytes;
    print_request(play);
    play->phase = play->head->keep_alive ? PHASE_HEAD : PHASE_CLOSED;
    drop_request(play);
    return play->phase == PHASE_HEAD;
}

/* The steps: each looks at the rest of the input; true if another step may be possible. */

static bool step_proxy(struct play *play, struct gcn_slice rest)
{
    enum gcn_refusal refusal =
        gcn_proxy_parse(rest, play->wire->limits.proxy_protocol, play->wire->trusted, &play->proxy);
    if (refusal != GCN_REFUSE_NOTHING) {
        return refuse(play, refusal);
    }
    play->consumed += play->proxy.used;
    if (play->proxy.state != GCN_PROXY_MORE) {
        play->phase = PHASE_HEAD;
    }
    return play->phase == PHASE_HEAD;
}

static bool step_head(struct play *play, struct gcn_slice rest)
{
    const struct gcn_http_limits *limits = &play->wire->limits;
    size_t len;
    enum gcn_refusal refusal = gcn_head_scan(&play->scan, rest.ptr, rest.len, limits, &len);

    if (refusal != GCN_REFUSE_NOTHING) {
        return refuse(play, refusal);
    }
    if (len == 0) {
        return false;
    }
    struct gcn_head *head = gcn_head_create();
    refusal = gcn_head_parse(head, rest.ptr, len, limits, play->wire->trusted, NULL);
    if (refusal == GCN_REFUSE_NOTHING) {
        play->head = gcn_head_copy(head); /* the input moves between steps */
        play->consumed += len;
        play->phase = PHASE_BODY;
    }
    gcn_head_unref(head);
    return refusal == GCN_REFUSE_NOTHING || refuse(play, refusal);
}

static bool step_chunked(struct play *play, struct gcn_slice rest)
{
    size_t used;
    enum gcn_refusal refusal =
        gcn_chunked_feed(&play->chunked, rest.ptr + play->fed, rest.len - play->fed, &used,
                         &play->body, &play->wire->limits);

    if (refusal != GCN_REFUSE_NOTHING) {
        return refuse(play, refusal);
    }
    play->fed += used;
    return play->chunked.done && finish_request(play, play->fed);
}

static bool step_body(struct play *play, struct gcn_slice rest)
{
    size_t len = play->head->content_length > 0 ? (size_t)play->head->content_length : 0;

    if (play->head->chunked) {
        return step_chunked(play, rest);
    }
    if (rest.len < len) {
        return false;
    }
    gcn_body_borrow(&play->body, (struct gcn_slice){rest.ptr, len});
    return finish_request(play, len);
}

/* As many steps as `available` bytes of the input allow. */
static void advance(struct play *play, size_t available)
{
    static bool (*const steps[])(struct play *play, struct gcn_slice rest) = {
        [PHASE_PROXY] = step_proxy,
        [PHASE_HEAD] = step_head,
        [PHASE_BODY] = step_body,
    };
    bool more = true;

    while (more && play->phase != PHASE_CLOSED) {
        size_t len = available - play->consumed;
        char *exact = gcn_alloc(len);
        memcpy(exact, play->wire->input.ptr + play->consumed, len);
        more = steps[play->phase](play, (struct gcn_slice){exact, len});
        gcn_free(exact);
    }
}

void wire_play(const struct wire_case *wire, const size_t *cuts, size_t n_cuts,
               struct gcn_buf *transcript)
{
    struct play play = {.wire = wire, .out = transcript, .phase = PHASE_PROXY};

    gcn_body_init(&play.body);
    for (size_t i = 0; i < n_cuts; i++) {
        advance(&play, cuts[i]);
    }
    advance(&play, wire->input.len);
    bool between = play.phase == PHASE_HEAD && play.consumed == wire->input.len;
    gcn_buf_append_str(transcript, play.phase == PHASE_CLOSED ? "closed\n"
                                   : between                  ? "kept\n"
                                                              : "waits\n");
    drop_request(&play);
}

/* The next line at *at, without its end; false at the end of the text. */
static bool next_line(struct gcn_slice *rest, struct gcn_slice *line)
{
    if (rest->len == 0) {
        return false;
    }
    gcn_slice_cut(*rest, '\n', line, rest);
    return true;
}

/* Does the part of the transcript about one request, `facts`, have `line`? */
static bool has_fact(struct gcn_slice facts, struct gcn_slice line)
{
    struct gcn_slice fact, name = line;
    bool absent = gcn_slice_skip(&name, "  no field ");

    while (next_line(&facts, &fact)) {
        if (!absent && gcn_slice_equal(fact, line)) {
            return true;
        }
        if (absent && gcn_slice_skip(&fact, "  field ") && fact.len > name.len &&
            fact.ptr[name.len] == ':' &&
            gcn_slice_equal_nocase((struct gcn_slice){fact.ptr, name.len}, name)) {
            return false;
        }
    }
    return absent;
}

/* Cut off the indented lines at the beginning of *rest. */
static struct gcn_slice take_facts(struct gcn_slice *rest)
{
    struct gcn_slice facts = {rest->ptr, 0}, line;

    while (gcn_slice_has_prefix(*rest, "  ") && next_line(rest, &line)) {
        facts.len += line.len + 1;
    }
    return facts;
}

const char *wire_unmet(const char *expect, const char *transcript)
{
    struct gcn_slice wanted = gcn_slice_of(expect), rest = gcn_slice_of(transcript);
    struct gcn_slice line, event, facts = {NULL, 0};

    while (next_line(&wanted, &line)) {
        if (gcn_slice_has_prefix(line, "  ")) {
            if (!has_fact(facts, line)) {
                return line.ptr;
            }
            continue;
        }
        if (!next_line(&rest, &event) || !gcn_slice_equal(event, line)) {
            return line.ptr;
        }
        facts = take_facts(&rest);
    }
    return rest.len > 0 ? "(something else happens behind that)" : NULL;
}
