/* SPDX-License-Identifier: MIT */
/*
 * The process's name as ps shows it.
 */
#ifndef GCORN_PROC_TITLE_H
#define GCORN_PROC_TITLE_H

#include <gcorn/base/compiler.h>

/*
 * Make the memory that the kernel put argv and the environment in ours to write the title to; the
 * environment moves elsewhere. Call it once, first thing in main. Returns a copy of argv to be used
 * from then on; it lives as long as the process.
 */
char **gcn_title_init(int argc, char **argv);

/* Set the title, cut to the room there is. No effect before gcn_title_init. */
GCN_PRINTF(1, 2) void gcn_title_set(const char *fmt, ...);

#endif
