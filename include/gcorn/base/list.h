/* SPDX-License-Identifier: MIT */
/*
 * An intrusive doubly linked ring: the head and every element embed a struct gcn_list. An element
 * that is in no list is linked to itself.
 */
#ifndef GCORN_BASE_LIST_H
#define GCORN_BASE_LIST_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>

struct gcn_list {
    struct gcn_list *prev, *next; /* borrowed: owned by whoever embeds them */
};

/* An empty list, or an entry that is in none. */
static inline void gcn_list_init(struct gcn_list *list)
{
    list->prev = list->next = list;
}

/* True for a list without entries, and for an entry that is in no list. */
static inline bool gcn_list_is_empty(const struct gcn_list *list)
{
    return list->next == list;
}

/* Put `entry` (in no list) at the end of `list`. */
static inline void gcn_list_push(struct gcn_list *list, struct gcn_list *entry)
{
    entry->prev = list->prev;
    entry->next = list;
    list->prev->next = entry;
    list->prev = entry;
}

/* Take `entry` out of whatever list it is in; harmless if it is in none. */
static inline void gcn_list_remove(struct gcn_list *entry)
{
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    gcn_list_init(entry);
}

/* The first entry, or NULL. It stays in the list. */
static inline struct gcn_list *gcn_list_first(const struct gcn_list *list)
{
    return gcn_list_is_empty(list) ? NULL : list->next;
}

#endif
