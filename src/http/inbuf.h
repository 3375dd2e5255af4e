/* SPDX-License-Identifier: MIT */
/*
 * Input buffers: attached to a connection only while it has bytes, from a free list of the core.
 */
#ifndef GCORN_HTTP_INBUF_H
#define GCORN_HTTP_INBUF_H

#include <stdint.h>

struct gcn_core;

enum { GCN_INBUF_BYTES = 16 * 1024 };

/* Lifetime: while its connection has input. Bytes in [start, end) are not consumed. */
struct gcn_inbuf {
    struct gcn_inbuf *next; /* in the free list */
    uint32_t cap, start, end;
    char bytes[];
};

/* An empty buffer of the usual size. */
struct gcn_inbuf *gcn_inbuf_take(struct gcn_core *core);

/* Give it back; NULL is fine. */
void gcn_inbuf_give(struct gcn_core *core, struct gcn_inbuf *in);

/*
 * Make room for at least `more` bytes behind `end`: by moving the bytes to the front, else in a
 * larger buffer that replaces `in`. Slices into the buffer are dead afterwards. Returns the buffer
 * to use.
 */
struct gcn_inbuf *gcn_inbuf_widen(struct gcn_core *core, struct gcn_inbuf *in, uint32_t more);

/* Free the free list. */
void gcn_inbuf_finish_all(struct gcn_core *core);

#endif
