/* SPDX-License-Identifier: MIT */
/*
 * The input buffers' free list. Last in, first out: the one just used is still in the cache.
 */
#include "inbuf.h"

#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/http/core.h>

enum { KEPT = 64 };

static struct gcn_inbuf *create(uint32_t cap)
{
    struct gcn_inbuf *in = gcn_alloc(sizeof(*in) + cap);
    in->cap = cap;
    return in;
}

struct gcn_inbuf *gcn_inbuf_take(struct gcn_core *core)
{
    struct gcn_inbuf *in = core->free_bufs;

    if (in == NULL) {
        in = create(GCN_INBUF_BYTES - (uint32_t)sizeof(*in));
    } else {
        core->free_bufs = in->next;
        core->n_free_bufs--;
    }
    in->start = in->end = 0;
    return in;
}

void gcn_inbuf_give(struct gcn_core *core, struct gcn_inbuf *in)
{
    if (in == NULL) {
        return;
    }
    if (in->cap != GCN_INBUF_BYTES - sizeof(*in) || core->n_free_bufs >= KEPT) {
        gcn_free(in);
        return;
    }
    in->next = core->free_bufs;
    core->free_bufs = in;
    core->n_free_bufs++;
}

struct gcn_inbuf *gcn_inbuf_widen(struct gcn_core *core, struct gcn_inbuf *in, uint32_t more)
{
    uint32_t len = in->end - in->start;

    if (in->cap - len >= more) {
        memmove(in->bytes, in->bytes + in->start, len);
        in->start = 0;
        in->end = len;
        return in;
    }
    uint32_t cap = in->cap * 2 > len + more ? in->cap * 2 : len + more;
    struct gcn_inbuf *wide = create(cap);
    memcpy(wide->bytes, in->bytes + in->start, len);
    wide->start = 0;
    wide->end = len;
    gcn_inbuf_give(core, in);
    return wide;
}

void gcn_inbuf_finish_all(struct gcn_core *core)
{
    while (core->free_bufs != NULL) {
        struct gcn_inbuf *next = core->free_bufs->next;
        gcn_free(core->free_bufs);
        core->free_bufs = next;
    }
    core->n_free_bufs = 0;
}
