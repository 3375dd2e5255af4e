/* SPDX-License-Identifier: MIT */
/*
 * A direct-mapped table: one place a key, the newest stays.
 */
#include "cache.h"

#include <string.h>

/* Good enough to spread short texts; an attacker who finds collisions wins a cache miss. */
static uint32_t hash_of(struct gcn_slice key)
{
    uint64_t hash = key.len * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t word;
    size_t at = 0;

    for (; at + sizeof(word) <= key.len; at += sizeof(word)) {
        memcpy(&word, key.ptr + at, sizeof(word));
        hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    if (at < key.len) {
        word = 0;
        memcpy(&word, key.ptr + at, key.len - at);
        hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    return (uint32_t)(hash ^ (hash >> 15));
}

PyObject *gcn_py_cache_get(struct gcn_py_cache *cache, struct gcn_slice key)
{
    if (key.len > GCN_PY_CACHE_KEY_BYTES || key.len == 0) {
        return cache->make(key);
    }
    uint32_t at = hash_of(key) % GCN_PY_CACHE_SLOTS;
    PyObject *value = cache->slots[at].value;
    if (value != NULL && cache->slots[at].len == key.len &&
        memcmp(cache->slots[at].key, key.ptr, key.len) == 0) {
        return Py_NewRef(value);
    }
    value = cache->make(key);
    if (value != NULL) {
        memcpy(cache->slots[at].key, key.ptr, key.len);
        cache->slots[at].len = (uint8_t)key.len;
        Py_XSETREF(cache->slots[at].value, Py_NewRef(value));
    }
    return value;
}

PyObject *gcn_py_ports_peek(struct gcn_py_ports *ports, const char port[GCN_PY_PORT_BYTES])
{
    uint64_t text;

    memcpy(&text, port, sizeof(text));
    size_t at = (text * UINT64_C(0x9e3779b97f4a7c15)) >> 54;
    _Static_assert(GCN_PY_PORT_SLOTS == 1 << (64 - 54), "the shift leaves a slot's number");
    if (GCN_UNLIKELY(ports->slots[at].text != text || ports->slots[at].value == NULL)) {
        PyObject *value =
            PyUnicode_DecodeLatin1(port, (Py_ssize_t)strnlen(port, sizeof(text)), NULL);
        if (value == NULL) {
            return NULL;
        }
        ports->slots[at].text = text;
        Py_XSETREF(ports->slots[at].value, value);
    }
    return ports->slots[at].value;
}

void gcn_py_ports_clear(struct gcn_py_ports *ports)
{
    for (size_t i = 0; i < GCN_PY_PORT_SLOTS; i++) {
        Py_CLEAR(ports->slots[i].value);
    }
}

void gcn_py_cache_clear(struct gcn_py_cache *cache)
{
    for (size_t i = 0; i < GCN_PY_CACHE_SLOTS; i++) {
        Py_CLEAR(cache->slots[i].value);
    }
}
