/* SPDX-License-Identifier: MIT */
/*
 * What the compiler can check for us, under our own names. C17 with the GNU attributes that both
 * gcc and clang know.
 */
#ifndef GCORN_BASE_COMPILER_H
#define GCORN_BASE_COMPILER_H

#include <stddef.h>

/* The caller has to look at the result. */
#define GCN_MUST_CHECK __attribute__((warn_unused_result))
/* Argument `fmt` is a printf format whose values start at argument `first`. */
#define GCN_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
/* The result is never NULL. */
#define GCN_NONNULL __attribute__((returns_nonnull))
#define GCN_NORETURN __attribute__((noreturn))
#define GCN_UNUSED __attribute__((unused))
#define GCN_LIKELY(x) __builtin_expect(!!(x), 1)
#define GCN_UNLIKELY(x) __builtin_expect(!!(x), 0)
/*
 * What the function calls becomes part of it (across files with link-time optimisation). For the
 * way to a system call and back: behind one the processor has forgotten where functions return to,
 * and each return costs some twenty cycles.
 */
#define GCN_FLATTEN __attribute__((flatten))

/* The number of elements of an array (not of a pointer). */
#define GCN_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The structure of type `type` whose member `member` is at `ptr`. */
#define GCN_CONTAINER_OF(ptr, type, member)                                                        \
    ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif
