/* SPDX-License-Identifier: MIT */
/*
 * Children: starting them, and what their end means.
 */
#ifndef GCORN_PROC_SPAWN_H
#define GCORN_PROC_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>

/* Runs in the child and does not return. */
typedef void (*gcn_child_fn)(void *context);

/*
 * Fork a child that runs `child(context)`; if it returns all the same, the child ends with
 * GCN_EXIT_ERROR. Nothing of the parent's is closed or reset. Returns the pid, or -1 with errno.
 */
GCN_MUST_CHECK pid_t gcn_spawn(gcn_child_fn child, void *context);

enum gcn_end_kind {
    GCN_END_OK,     /* it left with 0 */
    GCN_END_CODE,   /* it left with another code */
    GCN_END_BOOT,   /* it left with GCN_EXIT_BOOT or GCN_EXIT_APP */
    GCN_END_SIGNAL, /* a signal ended it */
};

/* How a child ended. A value. */
struct gcn_child_end {
    enum gcn_end_kind kind;
    int code; /* OK, CODE, BOOT: its exit status; SIGNAL: the signal's number */
    bool dumped_core;
};

/* What a status of waitpid says. */
struct gcn_child_end gcn_child_end_decode(int status);

enum { GCN_CHILD_END_BYTES = 96 };

/* "left with code 3", "was killed by SIGSEGV (core dumped)", … at `out`. Returns out. */
char *gcn_child_end_print(struct gcn_child_end end, char out[GCN_CHILD_END_BYTES]);

#endif
