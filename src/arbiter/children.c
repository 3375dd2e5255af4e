/* SPDX-License-Identifier: MIT */
/*
 * A small array in order of age. Workers are few, so looking through it is the fastest index.
 */
#include "children.h"

#include <string.h>

#include <gcorn/base/die.h>
#include <gcorn/base/mem.h>

void gcn_children_finish(struct gcn_children *children)
{
    gcn_free(children->items);
    *children = (struct gcn_children){0};
}

struct gcn_child *gcn_children_add(struct gcn_children *children, const struct gcn_child *child)
{
    GCN_ASSERT(children->n == 0 || children->items[children->n - 1].age < child->age);
    if (children->n == children->cap) {
        children->cap = children->cap == 0 ? 16 : children->cap * 2;
        children->items = gcn_realloc(children->items, children->cap * sizeof(*children->items));
    }
    children->items[children->n] = *child;
    return &children->items[children->n++];
}

struct gcn_child *gcn_children_find(struct gcn_children *children, pid_t pid)
{
    for (size_t i = 0; i < children->n; i++) {
        if (children->items[i].pid == pid) {
            return &children->items[i];
        }
    }
    return NULL;
}

struct gcn_child *gcn_children_find_age(struct gcn_children *children, uint64_t age)
{
    for (size_t i = 0; i < children->n; i++) {
        if (children->items[i].age == age) {
            return &children->items[i];
        }
    }
    return NULL;
}

void gcn_children_remove(struct gcn_children *children, struct gcn_child *child)
{
    size_t at = (size_t)(child - children->items);

    GCN_ASSERT(at < children->n);
    children->n--;
    memmove(child, child + 1, (children->n - at) * sizeof(*child));
}

size_t gcn_children_count(const struct gcn_children *children, uint64_t generation)
{
    size_t n = 0;

    for (size_t i = 0; i < children->n; i++) {
        n += children->items[i].generation == generation;
    }
    return n;
}
