/* SPDX-License-Identifier: MIT */
/*
 * The table of workers: what the arbiter knows of each. No system calls.
 */
#ifndef GCORN_ARBITER_CHILDREN_H
#define GCORN_ARBITER_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct gcn_slot;

enum gcn_child_state {
    GCN_CHILD_BOOTING, /* forked; the app is not loaded yet */
    GCN_CHILD_READY,   /* serves */
    GCN_CHILD_LEAVING, /* was told to stop */
    GCN_CHILD_ABORTED, /* was found silent and told to explain itself */
    GCN_CHILD_KILLED,  /* was sent SIGKILL; only its reaping is left */
};

/* One worker. Lifetime: from its fork to its reaping. Moves in memory when the table changes. */
struct gcn_child {
    pid_t pid;           /* 0: asked of a preloader, not known yet */
    uint64_t age;        /* 1 for the first of this arbiter */
    uint64_t generation; /* of the settings it was forked with */
    enum gcn_child_state state;
    bool tired;             /* it asked to be replaced */
    struct gcn_slot *slot;  /* borrowed from the scoreboard `board` */
    void *board;            /* borrowed: whoever gave the slot */
    int64_t ready_ms;       /* when it was ready; 0: not yet */
    int64_t kill_ms;        /* when it is to be killed; 0: it is not */
    int64_t missed_ms;      /* the deadline that it missed and was given more time for; 0: none */
    int64_t spared_ms;      /* the end of that time */
};

/* Process (arbiter). {0} is empty. */
struct gcn_children {
    struct gcn_child *items; /* owned; oldest first */
    size_t n;
    size_t cap;
};

/* Free the table; the processes are left alone. */
void gcn_children_finish(struct gcn_children *children);

/*
 * Append a copy of `child` (younger than all there are); returns where it is until the table
 * changes.
 */
struct gcn_child *gcn_children_add(struct gcn_children *children, const struct gcn_child *child);

/* The child `pid` (> 0), or NULL. */
struct gcn_child *gcn_children_find(struct gcn_children *children, pid_t pid);

/* The child of that age, or NULL. */
struct gcn_child *gcn_children_find_age(struct gcn_children *children, uint64_t age);

/* Forget `child`, which is in the table. */
void gcn_children_remove(struct gcn_children *children, struct gcn_child *child);

/* How many of `generation` there are, in any state. */
size_t gcn_children_count(const struct gcn_children *children, uint64_t generation);

#endif
