/* SPDX-License-Identifier: MIT */
/*
 * The file that tells others the arbiter's pid.
 */
#ifndef GCORN_PROC_PIDFILE_H
#define GCORN_PROC_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/*
 * Write `pid` and a line end to the file `path`, whole or not at all, readable by all. A file that
 * names another live process is not replaced: that is an error, which says what to do.
 */
GCN_MUST_CHECK bool gcn_pidfile_write(const char *path, pid_t pid, struct gcn_error *err);

/* Remove the file if it names `pid`. */
void gcn_pidfile_remove(const char *path, pid_t pid);

/* The pid in the file; 0 if there is no such file or no pid in it. */
pid_t gcn_pidfile_read(const char *path);

#endif
