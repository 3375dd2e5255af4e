/* SPDX-License-Identifier: MIT */
/*
 * The head cache's table.
 */
#include "headcache.h"

#include <string.h>
#include <sys/random.h>

#include <gcorn/base/clock.h>
#include <gcorn/base/mem.h>

struct gcn_headcache *gcn_headcache_create(void)
{
    struct gcn_headcache *cache = gcn_alloc_zero(1, sizeof(*cache));

    if (getrandom(&cache->seed, sizeof(cache->seed), GRND_NONBLOCK) != sizeof(cache->seed)) {
        cache->seed = (uint64_t)gcn_clock_real_us();
    }
    return cache;
}

void gcn_headcache_destroy(struct gcn_headcache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < GCN_HEADCACHE_ENTRIES; i++) {
        gcn_head_unref(cache->entries[i].head);
    }
    gcn_free(cache);
}

/* Folds the 128-bit product: every bit of either factor reaches every bit of the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load64(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

uint64_t gcn_headcache_hash(const struct gcn_headcache *cache, const char *bytes, size_t len)
{
    static const uint64_t odd[2] = {0x9e3779b97f4a7c15, 0xd1342543de82ef95};
    uint64_t hash = cache->seed ^ len;
    size_t at = 0;

    for (; at + 16 <= len; at += 16) {
        hash = mix(hash ^ load64(bytes + at) ^ odd[0], load64(bytes + at + 8) ^ odd[1]);
    }
    if (at + 8 <= len) {
        hash = mix(hash ^ load64(bytes + at), odd[0]);
        at += 8;
    }
    if (at < len) {
        uint64_t last = 0;
        memcpy(&last, bytes + at, len - at);
        hash = mix(hash ^ last, odd[1]);
    }
    return hash == 0 ? 1 : hash; /* 0 is an empty place */
}

struct gcn_head *gcn_headcache_find(struct gcn_headcache *cache, uint64_t hash, const char *bytes,
                                    size_t len, bool trusted)
{
    size_t at = hash % GCN_HEADCACHE_ENTRIES;
    struct gcn_head *head = cache->entries[at].head;

    if (cache->entries[at].hash != hash || !gcn_headcache_fits(head, bytes, len, trusted) ||
        head->raw.len != len) {
        return NULL;
    }
    cache->latest = head;
    return head;
}

struct gcn_head *gcn_headcache_note(struct gcn_headcache *cache, uint64_t hash,
                                    const struct gcn_head *head)
{
    uint64_t *seen = &cache->seen[hash % GCN_HEADCACHE_SEEN];
    size_t at = hash % GCN_HEADCACHE_ENTRIES;

    if (head->raw.len > GCN_HEADCACHE_MAX_BYTES) {
        return NULL;
    }
    if (*seen != hash) {
        *seen = hash;
        return NULL;
    }
    if (cache->latest == cache->entries[at].head) {
        cache->latest = NULL;
    }
    gcn_head_unref(cache->entries[at].head);
    cache->entries[at].head = gcn_head_copy(head);
    cache->entries[at].hash = hash;
    cache->latest = cache->entries[at].head;
    return cache->latest;
}
