/* SPDX-License-Identifier: MIT */
/*
 * The life of heads: from a free list, so that the steady state allocates nothing, and back.
 */
#include <gcorn/http/head.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

#include "head_private.h"

enum {
    FIELDS_USUAL = 32, /* room of a new head: what browsers and proxies send together */
    FIELDS_KEPT = 128, /* a head with more room is not kept for reuse */
    POOL_HEADS = 64,
};

/* Process; the loop's thread alone. */
static struct {
    struct gcn_head *free[POOL_HEADS]; /* owned */
    size_t n_free;
} pool;

struct gcn_head *gcn_head_create(void)
{
    struct gcn_head *head;

    if (pool.n_free > 0) {
        head = pool.free[--pool.n_free];
    } else {
        head = gcn_alloc_zero(1, sizeof(*head));
        head->fields = gcn_alloc(FIELDS_USUAL * sizeof(*head->fields));
        head->cap_fields = FIELDS_USUAL;
    }
    head->refs = 1;
    return head;
}

static void head_destroy(struct gcn_head *head)
{
    gcn_free(head->fields);
    gcn_free(head);
}

void gcn_head_unref(struct gcn_head *head)
{
    if (head == NULL || --head->refs > 0) {
        return;
    }
    GCN_ASSERT(head->refs == 0);
    if (head->app_data != NULL && head->app_release != NULL) {
        head->app_release(head->app_data);
    }
    gcn_head_reset(head);
    if (pool.n_free == POOL_HEADS || head->cap_fields > FIELDS_KEPT) {
        head_destroy(head);
        return;
    }
    pool.free[pool.n_free++] = head;
}

void gcn_head_reset(struct gcn_head *head)
{
    if (head->owned != NULL || head->folded != NULL) {
        gcn_free(head->owned);
        gcn_free(head->folded);
    }
    *head = (struct gcn_head){
        .refs = head->refs,
        .content_length = -1,
        .cap_fields = head->cap_fields,
        .fields = head->fields,
    };
}

struct gcn_field *gcn_head_grow(struct gcn_head *head)
{
    head->cap_fields *= 2;
    head->fields = gcn_realloc(head->fields, head->cap_fields * sizeof(*head->fields));
    return &head->fields[head->n_fields];
}

/* Where a slice of the head `from` lies in the bytes of its copy. */
static struct gcn_slice move_slice(const struct gcn_head *from, const char *to,
                                   struct gcn_slice slice)
{
    if (slice.ptr == NULL) {
        return slice;
    }
    const char *base = from->folded != NULL ? from->folded : from->raw.ptr;
    size_t skip = from->folded != NULL ? from->raw.len : 0;
    return (struct gcn_slice){to + skip + (slice.ptr - base), slice.len};
}

struct gcn_head *gcn_head_copy(const struct gcn_head *head)
{
    struct gcn_head *copy = gcn_head_create();
    struct gcn_field *fields = copy->fields;
    uint32_t cap = copy->cap_fields;

    if (cap < head->n_fields) {
        cap = head->n_fields;
        fields = gcn_realloc(fields, cap * sizeof(*fields));
    }
    *copy = *head;
    copy->refs = 1;
    copy->fields = fields;
    copy->cap_fields = cap;
    copy->app_data = NULL;
    copy->app_release = NULL;
    copy->folded = NULL;
    copy->folded_len = 0;
    copy->owned = gcn_alloc(head->raw.len + head->folded_len);
    memcpy(copy->owned, head->raw.ptr, head->raw.len);
    if (head->folded != NULL) {
        memcpy(copy->owned + head->raw.len, head->folded, head->folded_len);
    }
    copy->raw.ptr = copy->owned;
    copy->method = move_slice(head, copy->owned, head->method);
    copy->target = move_slice(head, copy->owned, head->target);
    copy->path = move_slice(head, copy->owned, head->path);
    copy->query = move_slice(head, copy->owned, head->query);
    copy->script_name = move_slice(head, copy->owned, head->script_name);
    for (uint32_t i = 0; i < head->n_fields; i++) {
        copy->fields[i].name = move_slice(head, copy->owned, head->fields[i].name);
        copy->fields[i].value = move_slice(head, copy->owned, head->fields[i].value);
    }
    return copy;
}

struct gcn_slice gcn_head_find(const struct gcn_head *head, const char *name)
{
    struct gcn_slice wanted = gcn_slice_of(name);

    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (gcn_slice_equal_nocase(head->fields[i].name, wanted)) {
            return head->fields[i].value;
        }
    }
    return (struct gcn_slice){NULL, 0};
}

void gcn_head_pool_finish(void)
{
    while (pool.n_free > 0) {
        head_destroy(pool.free[--pool.n_free]);
    }
}
