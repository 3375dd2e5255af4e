/* SPDX-License-Identifier: MIT */
/*
 * A response in the making: checks what the app says, frames the body, and hands bytes to a sink.
 * Plain C and without knowledge of who runs the app; an executor supplies the sink.
 *
 * The order of calls:  begin, field*, ready | (begin again: starts over) ; write* ; sendfile? ; end
 * Nothing leaves before the first write, sendfile or end.
 */
#ifndef GCORN_HTTP_RESPONSE_H
#define GCORN_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>
#include <gcorn/http/out.h>

struct gcn_response;

/* What is wrong with what the app gave. The texts are for the exception that the app gets. */
enum gcn_response_fault {
    GCN_RESPONSE_OK = 0,
    GCN_RESPONSE_BAD_STATUS,     /* not three digits, a blank and a reason; or a control byte */
    GCN_RESPONSE_BAD_NAME,       /* not a token */
    GCN_RESPONSE_BAD_VALUE,      /* CR, LF, NUL or another control byte */
    GCN_RESPONSE_BAD_LENGTH,     /* Content-Length not digits, or two that differ */
};

/* What the sink did with the bytes. */
enum gcn_sink_result {
    GCN_SINK_OK,   /* sent or queued; the app may go on */
    GCN_SINK_GONE, /* the client has left or the send timed out: nothing will be sent any more */
};

/*
 * Where a response goes: one vtable an executor, embedded in its object.
 *   submit  take everything in `out`, which is res->out, or the caller's where an interim response
 *           goes ahead of it. May wait (having left the interpreter through the app's `leave`) until the
 *           unsent bytes are below the high-water mark again; `out` is taken by then, for other threads of
 *           the app may write to res meanwhile.
 * Called on the app's thread, entered.
 */
struct gcn_sink {
    enum gcn_sink_result (*submit)(struct gcn_sink *sink, struct gcn_response *res,
                                   struct gcn_out *out);
};

struct gcn_field_memo;

/* How far the fields of a response are those of a memo: see http/fieldmemo.h. */
struct gcn_field_mark {
    struct gcn_field_memo *memo; /* borrowed from the thread; NULL: no field yet, or none is compared */
    uint16_t n;                  /* fields that are */
    uint16_t n_taken;            /* … and those of them whose lines are in `out` */
};

/* Lifetime: request. */
struct gcn_response {
    struct gcn_sink *sink; /* borrowed */
    struct gcn_out out;    /* made and not yet submitted */
    const char *server_name; /* borrowed from the limits */
    struct gcn_slice keepalive; /* the line "Keep-Alive: timeout=…"; borrowed from the core; empty: none */
    struct gcn_slice request_id; /* for X-Request-ID; borrowed from the request; empty: none is sent */
    /* facts of the request */
    bool head_only;        /* HEAD */
    bool http11;           /* the client understands chunks and 1xx */
    uint8_t version_minor; /* for the status line */
    bool may_keep;         /* the connection is kept unless something forbids it */
    /* state */
    bool begun;            /* begin was called: a status is known */
    bool head_sent;        /* the head is in `out` or gone: begin may not be called again */
    bool ended;
    bool failed;           /* cut: the bytes sent are not a whole response */
    bool left_alone;       /* the app has written to the socket itself; nothing is added, or logged */
    bool gone;             /* the sink said so */
    bool chunked;
    bool no_body;          /* 1xx, 204, 304 or HEAD: body bytes are counted and dropped */
    bool upgrade;          /* the app said Connection: upgrade */
    bool has_length;       /* the app gave a Content-Length, or the caller set one */
    bool overrun;          /* the app gave more than Content-Length; logged once */
    int status;            /* 200; 0 before begin */
    uint16_t status_len;
    uint16_t dropped;      /* hop-by-hop fields that the app gave: see gcn_response_tell_dropped */
    bool no_memo;          /* the app gives its fields on another thread than the one that ends it */
    struct gcn_field_mark mark;
    int64_t length;        /* Content-Length */
    int64_t left;          /* of it, bytes still to come */
    int64_t body_bytes;    /* body bytes given to the sink, without framing */
    bool note_fields;      /* the access log wants the app's fields … */
    struct gcn_buf notes;  /* … here, with whatever else is noted for it (gcorn/log/notes.h) */
    char status_line[160]; /* "200 OK"; the last member, as it need not be cleared */
};

/* Set up for a request. */
void gcn_response_init(struct gcn_response *res, struct gcn_sink *sink);

/* Drop what was not submitted. */
void gcn_response_finish(struct gcn_response *res);

/*
 * The status line's "200 OK". Starts the head over if there was one that is not sent
 * (start_response with exc_info); it is a bug of the caller to call it when res->head_sent.
 */
GCN_MUST_CHECK enum gcn_response_fault gcn_response_begin(struct gcn_response *res,
                                                          struct gcn_slice status);

/*
 * One field, checked and written. Content-Length is noted; Date and Server of the app are dropped,
 * as gunicorn does: ours stand. Connection, Keep-Alive, Transfer-Encoding and the other hop-by-hop
 * fields, which PEP 3333 leaves to the server, are dropped and noted in res->dropped: apps written
 * for CGI-like servers send them in good faith. "Connection: upgrade" with "Upgrade: websocket" is
 * what an app says that takes the socket over.
 */
GCN_MUST_CHECK enum gcn_response_fault gcn_response_field(struct gcn_response *res,
                                                          struct gcn_slice name,
                                                          struct gcn_slice value);

/* False for a field of the app that is dropped: as above, or because it is the server's own. */
bool gcn_response_passes_on(struct gcn_slice name, struct gcn_slice value);

/*
 * Log the fields of a response's `dropped`, each once in the life of the process. The response may
 * be over: a logger in Python lets other threads run. Thread: entered.
 */
void gcn_response_tell_dropped(uint16_t dropped);

/* The text for a fault: "status must be three digits, a blank and a reason". */
const char *gcn_response_fault_text(enum gcn_response_fault fault);

/*
 * The whole body will be `length` bytes: sets Content-Length if the app has not, before the head is
 * sent.
 */
void gcn_response_set_length(struct gcn_response *res, int64_t length);

/* How much of a write may be done later. */
enum gcn_flush {
    GCN_FLUSH_NOW,   /* the app goes on computing: the bytes leave now (PEP 3333, no delay) */
    GCN_FLUSH_LATER, /* more comes at once, or the end */
};

/*
 * Body bytes. An empty slice with GCN_FLUSH_NOW sends the head alone. Bytes beyond Content-Length
 * are dropped and logged. If `owner` is not NULL and the bytes are many, they are referenced
 * instead of copied: then `retain(owner)` is called now and `release(owner)` when they are sent
 * (possibly without the GIL). Returns GCN_SINK_GONE when the client has left: the app should stop.
 */
GCN_MUST_CHECK enum gcn_sink_result
gcn_response_write(struct gcn_response *res, struct gcn_slice bytes, enum gcn_flush flush,
                   void *owner, void (*retain)(void *owner), void (*release)(void *owner));

/*
 * `len` bytes of the file `fd` (borrowed; duplicated here) from `offset` on, as the rest of the
 * body. Sets Content-Length if the app has not and the response is not begun to be sent. False with
 * errno if the descriptor cannot be duplicated: nothing was sent of it then.
 */
GCN_MUST_CHECK bool gcn_response_sendfile(struct gcn_response *res, int fd, off_t offset,
                                          int64_t len);

/*
 * The body is complete. Sends the head if it was not (with Content-Length: 0 where fitting), the
 * last chunk, and submits. Fewer bytes than Content-Length: logged, and the connection will be cut.
 */
void gcn_response_end(struct gcn_response *res);

/*
 * The app failed. Before the head was sent: a small page with `status` replaces whatever was begun.
 * After it: nothing more is sent and the connection is cut so that the client can tell.
 */
void gcn_response_fail(struct gcn_response *res, int status);

/*
 * The app has answered on the connection by itself (a WebSocket, say): what was begun and not
 * submitted is dropped, and the connection ends.
 */
void gcn_response_leave_alone(struct gcn_response *res);

/*
 * HTTP 103 with the given fields, checked like others; those about framing and the connection are
 * left out. Nothing for HTTP/1.0 or once the head is sent. RFC 8297.
 */
GCN_MUST_CHECK enum gcn_response_fault gcn_response_early_hints(struct gcn_response *res,
                                                                const struct gcn_slice (*fields)[2],
                                                                size_t n);

/* True if the connection may be kept after this response, as things stand. */
bool gcn_response_keeps(const struct gcn_response *res);

/* True if no more bytes of it will come, or none of its body, as its Content-Length says. */
bool gcn_response_is_whole(const struct gcn_response *res);

/* The reason phrase of `status` ("Not Found"), or "Unknown". */
const char *gcn_status_reason(int status);

#endif
