/* SPDX-License-Identifier: MIT */
/*
 * Giving up rights. Every step is checked: a server that goes on with more rights than it was told
 * to have is worse than one that does not start.
 */
#include <gcorn/proc/identity.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

static bool set_groups(const struct gcn_identity *identity, struct gcn_error *err)
{
    if (!identity->initgroups) {
        if (identity->uid != geteuid() && setgroups(1, &identity->gid) < 0) {
            return gcn_error_set_errno(err, "cannot give up the supplementary groups");
        }
        return true;
    }
    errno = 0;
    const struct passwd *entry = getpwuid(identity->uid);
    if (entry == NULL) {
        return gcn_error_set(err, "initgroups: there is no user with the number %u",
                             (unsigned)identity->uid);
    }
    if (initgroups(entry->pw_name, identity->gid) < 0) {
        return gcn_error_set_errno(err, "cannot take the groups of %s", entry->pw_name);
    }
    return true;
}

bool gcn_identity_assume(const struct gcn_identity *identity, struct gcn_error *err)
{
    bool same = identity->uid == geteuid() && identity->gid == getegid();

    if (same && !identity->initgroups) {
        return true;
    }
    if (!set_groups(identity, err)) {
        return false;
    }
    if (setresgid(identity->gid, identity->gid, identity->gid) < 0) {
        return gcn_error_set_errno(err, "cannot become group %u", (unsigned)identity->gid);
    }
    if (setresuid(identity->uid, identity->uid, identity->uid) < 0) {
        return gcn_error_set_errno(err, "cannot become user %u", (unsigned)identity->uid);
    }
    return true;
}
