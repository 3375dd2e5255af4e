/* SPDX-License-Identifier: MIT */
/*
 * slot->birth is the age of the worker that is expected, or minus the pid of the one that came, or
 * 0.
 */
#include "birth.h"

#include <stdatomic.h>

#include <gcorn/proc/scoreboard.h>

void gcn_birth_expect(struct gcn_slot *slot, uint64_t age)
{
    atomic_store(&slot->birth, (int64_t)age);
}

bool gcn_birth_claim(struct gcn_slot *slot, uint64_t age, pid_t pid)
{
    int64_t expected = (int64_t)age;

    return atomic_compare_exchange_strong(&slot->birth, &expected, -(int64_t)pid);
}

pid_t gcn_birth_pid(const struct gcn_slot *slot)
{
    int64_t birth = atomic_load(&slot->birth);

    return birth < 0 ? (pid_t)-birth : 0;
}

pid_t gcn_birth_forbid(struct gcn_slot *slot, uint64_t age)
{
    int64_t expected = (int64_t)age;

    return atomic_compare_exchange_strong(&slot->birth, &expected, 0) ? 0 : gcn_birth_pid(slot);
}
