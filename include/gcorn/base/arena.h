/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once: one arena per settings generation.
 */
#ifndef GCORN_BASE_ARENA_H
#define GCORN_BASE_ARENA_H

#include <stddef.h>

#include <gcorn/base/compiler.h>

struct gcn_arena_block;

/* {0} is an empty arena. */
struct gcn_arena {
    struct gcn_arena_block *blocks; /* owned, newest first */
    size_t left;                    /* bytes unused in the newest block */
};

/* `size` zeroed bytes, aligned for anything, that live until gcn_arena_finish. Never NULL. */
GCN_NONNULL void *gcn_arena_alloc(struct gcn_arena *arena, size_t size);

/* A NUL-terminated copy of `len` bytes at `text`. */
GCN_NONNULL char *gcn_arena_strndup(struct gcn_arena *arena, const char *text, size_t len);

/* Free everything; the arena is empty and usable afterwards. */
void gcn_arena_finish(struct gcn_arena *arena);

#endif
