/* SPDX-License-Identifier: MIT */
/*
 * Memory that is there or ends the process. A size that a peer chooses is bounded by a setting
 * before it is allocated, so running out means that the machine is out, and the arbiter starts
 * another worker.
 */
#ifndef GCORN_BASE_MEM_H
#define GCORN_BASE_MEM_H

#include <stddef.h>

#include <gcorn/base/compiler.h>

/* `size` bytes, not initialised. Never NULL. Freed with gcn_free. */
GCN_NONNULL void *gcn_alloc(size_t size);

/*
 * An array of `count` elements of `size` bytes, zeroed; the product may not overflow. Never NULL.
 */
GCN_NONNULL void *gcn_alloc_zero(size_t count, size_t size);

/* `ptr` (or NULL) grown or shrunk to `size` bytes. Never NULL; the old pointer is dead. */
GCN_NONNULL void *gcn_realloc(void *ptr, size_t size);

/* A copy of `len` bytes at `text` with a NUL behind it. Never NULL. */
GCN_NONNULL char *gcn_strndup(const char *text, size_t len);

/* A copy of the string `text`. Never NULL. */
GCN_NONNULL char *gcn_strdup(const char *text);

/* Frees what the functions above returned; NULL is fine. */
void gcn_free(void *ptr);

#endif
