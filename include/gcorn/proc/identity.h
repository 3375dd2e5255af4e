/* SPDX-License-Identifier: MIT */
/*
 * Whose rights a process has.
 */
#ifndef GCORN_PROC_IDENTITY_H
#define GCORN_PROC_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/* A value. */
struct gcn_identity {
    uid_t uid;
    gid_t gid;
    bool initgroups; /* with all groups that the user database gives the user */
};

/*
 * Become `identity` for good: groups, then group, then user, each real, effective and saved. Does
 * nothing if the process is that already and initgroups is not asked for. Without initgroups the
 * supplementary groups of the process are given up for `gid` alone when the user changes.
 */
GCN_MUST_CHECK bool gcn_identity_assume(const struct gcn_identity *identity,
                                        struct gcn_error *err);

/*
 * Whether this process has the rights to become `identity`, as far as that can be known beforehand.
 * False with the setting and the remedy in `err`.
 */
GCN_MUST_CHECK bool gcn_identity_check(const struct gcn_identity *identity, struct gcn_error *err);

#endif
