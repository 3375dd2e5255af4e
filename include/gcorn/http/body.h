/* SPDX-License-Identifier: MIT */
/*
 * A request's body, whole: in the input buffer, in memory of its own, or in an unlinked temporary
 * file. The app never sees it before it is complete.
 */
#ifndef GCORN_HTTP_BODY_H
#define GCORN_HTTP_BODY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>
#include <gcorn/http/head.h>
#include <gcorn/http/limits.h>
#include <gcorn/http/refusal.h>

/* Lifetime: request. {.fd = -1} is an empty body. */
struct gcn_body {
    int64_t len;      /* bytes stored so far */
    const char *ptr;  /* the bytes while they are in memory: the input buffer's, or `owned` */
    char *owned;      /* memory of its own, or NULL */
    size_t cap;       /* size of `owned` */
    int fd;           /* the temporary file, or -1; then everything is in the file */
};

/* An empty body. */
void gcn_body_init(struct gcn_body *body);

/* Free memory and close the file. Usable (empty) afterwards. */
void gcn_body_finish(struct gcn_body *body);

/* The body is `bytes`, which stay where they are until the request ends (in the input buffer). */
void gcn_body_borrow(struct gcn_body *body, struct gcn_slice bytes);

/*
 * Store `bytes` behind what is there. Refuses with GCN_REFUSE_BODY_LARGE beyond
 * limits->body_max_bytes and GCN_REFUSE_BODY_STORE if the temporary file cannot be made or written
 * (logged once, with errno, here). `expected` is the whole length if it is known, else -1: what
 * will not fit limits->body_memory_bytes goes to the file at once.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_body_append(struct gcn_body *body, struct gcn_slice bytes,
                                                int64_t expected,
                                                const struct gcn_http_limits *limits);

/*
 * Copy up to `size` bytes from `offset` on to `out`. Returns the number copied, 0 at the end, -1
 * with errno if the temporary file cannot be read. Thread: any. GIL: not needed; may touch the
 * disk.
 */
ssize_t gcn_body_read(const struct gcn_body *body, int64_t offset, char *out, size_t size);

/* Where a chunked body's decoder stands, across reads. {0} at the start. */
struct gcn_chunked {
    int state;                /* private to chunked.c */
    bool done;                /* the last chunk, the trailers and the final CRLF were seen */
    uint64_t left;            /* the current chunk's size, or its bytes still to come */
    uint32_t size_digits;     /* of the current size */
    uint32_t extension_bytes; /* of all chunks so far: they are bounded */
    uint32_t trailers;        /* trailer fields seen */
    char *line;               /* owned, or NULL: the trailer line as far as it has arrived */
    uint32_t line_len, line_cap;
};

/* Free what the decoder holds. */
void gcn_chunked_finish(struct gcn_chunked *chunked);

/*
 * Decode bytes[0 … len) and append the data to `body`. *used says how many bytes belong to the body
 * (all of them unless it ended: chunked->done). Trailer fields are checked and dropped. Strict: RFC
 * 9112 §7.1 without what it asks recipients to tolerate. The verdict does not depend on how the
 * bytes were cut, but for what has been appended when a refusal is found.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_chunked_feed(struct gcn_chunked *chunked, const char *bytes,
                                                 size_t len, size_t *used, struct gcn_body *body,
                                                 const struct gcn_http_limits *limits);

#endif
