/* SPDX-License-Identifier: MIT */
/*
 * Descriptors 0, 1 and 2 belong to standard input, output and error, whoever started us.
 */
#ifndef GCORN_PROC_STDIO_H
#define GCORN_PROC_STDIO_H

#include <stdbool.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/*
 * Open /dev/null on each of the descriptors 0, 1 and 2 that is closed, so that nothing else that is
 * opened gets its number. Inherited by programs that are executed, as the others are. Call it
 * before anything is opened. False with err; standard error may be one of those that stayed closed.
 */
GCN_MUST_CHECK bool gcn_stdio_fill(struct gcn_error *err);

#endif
