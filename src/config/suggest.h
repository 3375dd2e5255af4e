/* SPDX-License-Identifier: MIT */
/*
 * "Did you mean": the nearest of the words that were offered.
 */
#ifndef GCORN_CONFIG_SUGGEST_H
#define GCORN_CONFIG_SUGGEST_H

#include <stddef.h>

#include <gcorn/base/slice.h>

/* Lifetime: one search. */
struct gcn_suggestion {
    struct gcn_slice word; /* borrowed: what was written */
    struct gcn_slice best; /* borrowed: the nearest offer so far, or empty */
    size_t distance;       /* its distance; only nearer offers replace it */
};

/* Begin to search for `word`. Offers that share little with it will not be taken. */
struct gcn_suggestion gcn_suggest_start(struct gcn_slice word);

/* Offer a candidate, which must outlive the search. */
void gcn_suggest_offer(struct gcn_suggestion *suggestion, struct gcn_slice candidate);

#endif
