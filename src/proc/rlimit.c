/* SPDX-License-Identifier: MIT */
/*
 * Most systems give processes 1024 descriptors and let them ask for many more.
 */
#include <gcorn/proc/rlimit.h>

#include <sys/resource.h>

uint64_t gcn_rlimit_descriptors(uint64_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return UINT64_MAX; /* unknown: nothing to complain about */
    }
    if (limit.rlim_cur < wanted) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : (rlim_t)wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            limit.rlim_cur = before;
        }
    }
    return limit.rlim_cur;
}
