/* SPDX-License-Identifier: MIT */
/*
 * Who decides whether a worker that a preloading process is to fork was born: whoever is first.
 *
 * The arbiter learns the pid of such a worker from the process that forks it, and that may be
 * killed between the fork and its report. A word in the slot settles it: the newborn claims the
 * slot before it touches anything else there, and the arbiter, when no report can be hoped for,
 * forbids the birth. One compare and swap succeeds. So either the arbiter finds the pid of a worker
 * that lives in the slot, or the newborn finds that it came too late and leaves; no moment to be
 * killed at is between these two. Ages are used once, so a newborn of a forbidden birth does not
 * take the slot from the next one.
 *
 * (Looking for unknown children in /proc would need CONFIG_PROC_CHILDREN, and could not tell a
 * worker from a daemon of the app that the arbiter inherits.)
 */
#ifndef GCORN_ARBITER_BIRTH_H
#define GCORN_ARBITER_BIRTH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <gcorn/base/compiler.h>

struct gcn_slot;

/* A worker of `age` (> 0) is about to be ordered for `slot`. Process: arbiter. */
void gcn_birth_expect(struct gcn_slot *slot, uint64_t age);

/* The worker of `age` is process `pid`. False: it is not wanted any more, and the slot is not its own.
   Process: the newborn, once it is the arbiter's child: the arbiter may wait for it from now on. */
GCN_MUST_CHECK bool gcn_birth_claim(struct gcn_slot *slot, uint64_t age, pid_t pid);

/* The process that has claimed the slot; 0: none yet. Process: arbiter. */
pid_t gcn_birth_pid(const struct gcn_slot *slot);

/* The worker of `age` is not to be born any more. 0: it will not be, and the slot is free to be given back;
   else it is there already, as the process returned. Process: arbiter. */
GCN_MUST_CHECK pid_t gcn_birth_forbid(struct gcn_slot *slot, uint64_t age);

#endif
