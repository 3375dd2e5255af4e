/* SPDX-License-Identifier: MIT */
/*
 * Recent request heads, found again by their bytes: a client that repeats a head byte for byte (a
 * load balancer's check, an API client, most of a browser's session) is parsed once. What is kept
 * follows from the bytes and from whether the sender is trusted, so sharing it between connections
 * shows nobody anything that he has not sent himself.
 *
 * A head is kept when it is seen a second time. The table is direct-mapped and seeded at random:
 * collisions cost speed only.
 */
#ifndef GCORN_HTTP_HEADCACHE_H
#define GCORN_HTTP_HEADCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcorn/http/head.h>

enum {
    GCN_HEADCACHE_ENTRIES = 256,
    GCN_HEADCACHE_SEEN = 1024,
    GCN_HEADCACHE_MAX_BYTES = 4096, /* longer heads are not kept */
};

/* Lifetime: worker. */
struct gcn_headcache {
    uint64_t seed;
    struct gcn_head *latest; /* borrowed from entries: the last one found */
    struct {
        uint64_t hash;
        struct gcn_head *head; /* one reference */
    } entries[GCN_HEADCACHE_ENTRIES];
    uint64_t seen[GCN_HEADCACHE_SEEN]; /* hashes of heads that came once */
};

/*
 * An empty cache with a seed of its own; and its end, which gives back the kept heads. Takes NULL.
 */
struct gcn_headcache *gcn_headcache_create(void);
void gcn_headcache_destroy(struct gcn_headcache *cache);

/* True if `head` is what bytes[0 … len) begin with and what such a sender would get. */
static inline bool gcn_headcache_fits(const struct gcn_head *head, const char *bytes, size_t len,
                                      bool trusted)
{
    return head != NULL && head->trusted == trusted && len >= head->raw.len &&
           memcmp(head->raw.ptr, bytes, head->raw.len) == 0;
}

/* The hash that find and note take. */
uint64_t gcn_headcache_hash(const struct gcn_headcache *cache, const char *bytes, size_t len);

/* The kept head that is bytes[0 … len) exactly, borrowed, or NULL. */
struct gcn_head *gcn_headcache_find(struct gcn_headcache *cache, uint64_t hash, const char *bytes,
                                    size_t len, bool trusted);

/*
 * `head`, just parsed, was not found: note it, and keep a copy if it was noted before. Returns the
 * copy (borrowed) or NULL.
 */
struct gcn_head *gcn_headcache_note(struct gcn_headcache *cache, uint64_t hash,
                                    const struct gcn_head *head);

#endif
