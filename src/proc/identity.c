/* SPDX-License-Identifier: MIT */
/*
 * Giving up rights. Every step is checked: a server that goes on with more rights than it was told
 * to have is worse than one that does not start.
 */
#include <gcorn/proc/identity.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * True if the process has the capability. Root may lack it (containers), another user may have it.
 */
static bool may(unsigned capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &header, data) < 0) {
        return true; /* then the attempt will tell */
    }
    return (data[0].effective >> capability & 1) != 0;
}

bool gcn_identity_check(const struct gcn_identity *identity, struct gcn_error *err)
{
    bool other_user = identity->uid != geteuid();
    bool other_group = identity->gid != getegid();
    bool sets_uid = other_user && identity->uid != getuid();
    bool sets_gid = identity->initgroups || other_user ||
                    (other_group && identity->gid != getgid());

    if ((!sets_uid || may(CAP_SETUID)) && (!sets_gid || may(CAP_SETGID))) {
        return true;
    }
    return gcn_error_set(err,
                         "%s: user %u, who started gcorn, may not give the workers another user or "
                         "other groups; start it as root (or with CAP_SETUID and CAP_SETGID), or "
                         "leave user, group and initgroups out",
                         other_user    ? "user"
                         : other_group ? "group"
                                       : "initgroups",
                         (unsigned)geteuid());
}

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
