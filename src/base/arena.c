/* SPDX-License-Identifier: MIT */
/*
 * Blocks of at least 4 KiB, handed out from the front.
 */
#include <gcorn/base/arena.h>

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

enum { BLOCK_BYTES = 4096 };

struct gcn_arena_block {
    struct gcn_arena_block *older; /* owned */
    size_t used;
    alignas(max_align_t) char bytes[];
};

void *gcn_arena_alloc(struct gcn_arena *arena, size_t size)
{
    GCN_ASSERT(size < SIZE_MAX / 2);
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (arena->blocks == NULL || rounded > arena->left) {
        size_t room = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;
        struct gcn_arena_block *block = gcn_alloc_zero(1, sizeof(*block) + room);
        block->older = arena->blocks;
        arena->blocks = block;
        arena->left = room;
    }
    void *ptr = arena->blocks->bytes + arena->blocks->used;
    arena->blocks->used += rounded;
    arena->left -= rounded;
    return ptr;
}

char *gcn_arena_strndup(struct gcn_arena *arena, const char *text, size_t len)
{
    GCN_ASSERT(len < SIZE_MAX);
    char *copy = gcn_arena_alloc(arena, len + 1);
    if (len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

void gcn_arena_finish(struct gcn_arena *arena)
{
    while (arena->blocks != NULL) {
        struct gcn_arena_block *older = arena->blocks->older;
        gcn_free(arena->blocks);
        arena->blocks = older;
    }
    arena->left = 0;
}
