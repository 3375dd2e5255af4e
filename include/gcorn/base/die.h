/* SPDX-License-Identifier: MIT */
/*
 * The end of the process on a broken promise of the program: assertions that stay on in release.
 * Input is never asserted, it is checked.
 */
#ifndef GCORN_BASE_DIE_H
#define GCORN_BASE_DIE_H

#include <gcorn/base/compiler.h>

/*
 * Write "gcorn: <text>" to standard error and abort the process. For what cannot happen unless
 * gcorn itself is wrong.
 */
GCN_NORETURN GCN_PRINTF(1, 2) void gcn_die(const char *fmt, ...);

/* States what the program guarantees. On in every build. */
#define GCN_ASSERT(condition)                                                                      \
    do {                                                                                           \
        if (GCN_UNLIKELY(!(condition))) {                                                          \
            gcn_die("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition);                \
        }                                                                                          \
    } while (0)

#define GCN_UNREACHABLE(why) gcn_die("%s:%d: unreachable: %s", __FILE__, __LINE__, why)

#endif
