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

/* From the arbiter: fork a worker. The pointers mean the same in both processes: what they point to
   was there before the preloader was forked. Age 0: open the files of the logs again instead. */
struct gcn_preloader_order {
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
