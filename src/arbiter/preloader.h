/* SPDX-License-Identifier: MIT */
/*
 * The process that preloads the app, and what it and the arbiter send each other.
 */
#ifndef GCORN_ARBITER_PRELOADER_H
#define GCORN_ARBITER_PRELOADER_H

#include <stdint.h>
#include <sys/types.h>

struct gcn_arbiter;
struct gcn_arbiter_board;
struct gcn_generation;
struct gcn_slot;

enum gcn_preloader_deed {
    GCN_PRELOADER_FORK,   /* a worker */
    GCN_PRELOADER_REOPEN, /* the files of the logs */
    GCN_PRELOADER_DETACH, /* from the standard streams: gcn_worker_detach */
};

/* From the arbiter. The rest is for a fork. The pointers mean the same in both processes: what they point to
   was there before the preloader was forked. */
struct gcn_preloader_order {
    enum gcn_preloader_deed deed;
    struct gcn_arbiter_board *board;
    struct gcn_slot *slot;
    uint64_t age;
};

/* To the arbiter: the app is loaded (age 0), or the worker of that age is process `pid` (-1: there will be no
   news of it: its fork failed, or who was to report it was killed; see birth.h). */
struct gcn_preloader_news {
    uint64_t age;
    int64_t pid;
};

/* What the process is started with. */
struct gcn_preloader_birth {
    struct gcn_arbiter *arb;
    struct gcn_generation *generation;
    int fd; /* its end of the channel */
};

/* Run in the forked child. Does not return. `context` is a struct gcn_preloader_birth. */
void gcn_preloader_run(void *context);

#endif
