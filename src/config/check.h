/* SPDX-License-Identifier: MIT */
/*
 * Rules between settings, and what this version does not have.
 */
#ifndef GCORN_CONFIG_CHECK_H
#define GCORN_CONFIG_CHECK_H

#include "draft.h"

/* Record an error or a notice for each rule that the finished layers break. */
void gcn_check_all(struct gcn_draft *draft);

#endif
