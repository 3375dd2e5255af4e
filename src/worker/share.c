/* SPDX-License-Identifier: MIT */
/*
 * A request should not wait for another while a thread is free in any worker. But it comes on a
 * connection, and a connection stays with the worker that has taken it: so connections are spread
 * as if each of them were about to bring a request, and as long as there are threads enough for
 * that, each one gets a thread of its own.
 */
#include "share.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    UNEVEN = 8, /* so many connections more than a sibling are no reason to leave it one */
    FLOOD = 8,  /* with so many silent connections more than threads, they are not waited for */
};

/* How good a place a worker is for one more connection. */
enum place {
    FULL,    /* all its threads run requests */
    CLAIMED, /* they do, or will as soon as connections that were silent up to now say something */
    SHARED,  /* a thread is free, but there are kept connections that may want it, too */
    OWN,     /* there are fewer connections than threads */
};

static int64_t peek(const _Atomic int64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static enum place place_in(const struct gcn_slot *slot)
{
    int32_t capacity = gcn_slot_peek(&slot->capacity);
    int32_t running = gcn_slot_peek(&slot->load) - gcn_slot_peek(&slot->ended);

    if (running >= capacity) {
        return FULL;
    }
    if (running + gcn_slot_peek(&slot->silent) >= capacity) {
        return CLAIMED;
    }
    return peek(&slot->connections) < capacity ? OWN : SHARED;
}

/* True if `slot` is a better place than `other`. */
static bool is_better(const struct gcn_slot *slot, const struct gcn_slot *other)
{
    enum place here = place_in(slot);
    enum place there = place_in(other);

    if (here != there || here == FULL) {
        return here > there;
    }
    /*
     * Few silent connections are told apart exactly, many roughly: a flood of them is not worth it.
     */
    return (int64_t)gcn_slot_peek(&slot->silent) * 8 < (int64_t)gcn_slot_peek(&other->silent) * 7 ||
           peek(&other->connections) - peek(&slot->connections) > UNEVEN;
}

/* Not one that boots or drains, nor one that has other sockets while a reload changes them. */
static bool may_take(const struct gcn_slot *slot, const struct gcn_slot *self, int64_t most)
{
    return gcn_slot_peek(&slot->state) == GCN_SLOT_IDLE &&
           gcn_slot_peek(&slot->sockets) == gcn_slot_peek(&self->sockets) &&
           peek(&slot->connections) < most;
}

enum gcn_share gcn_share_decide(const struct gcn_scoreboard *board, const struct gcn_slot *self,
                                int64_t most, const struct gcn_slot **sibling)
{
    const struct gcn_slot *best = self;

    for (uint32_t i = 0; i < board->n_slots; i++) {
        const struct gcn_slot *slot = &board->slots[i];
        if (slot != self && may_take(slot, self, most) && is_better(slot, best)) {
            best = slot;
        }
    }
    *sibling = best;
    if (best != self) {
        return GCN_SHARE_LEAVE;
    }
    switch (place_in(self)) {
    case FULL:
        return GCN_SHARE_WAIT; /* the kernel's queue is for whoever is free first */
    case CLAIMED:
        return gcn_slot_peek(&self->silent) < gcn_slot_peek(&self->capacity) + FLOOD
                   ? GCN_SHARE_HESITATE
                   : GCN_SHARE_TAKE;
    case SHARED:
    case OWN:
        break;
    }
    return GCN_SHARE_TAKE;
}
