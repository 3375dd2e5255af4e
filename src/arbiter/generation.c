/* SPDX-License-Identifier: MIT */
/*
 * Generations of settings.
 */
#include "arbiter_private.h"

#include <gcorn/base/mem.h>

struct gcn_generation *gcn_generation_create(struct gcn_arbiter *arb,
                                             struct gcn_settings *settings)
{
    struct gcn_generation *generation = gcn_alloc_zero(1, sizeof(*generation));

    generation->number = ++arb->generations;
    generation->settings = settings;
    return generation;
}

void gcn_generation_destroy(struct gcn_generation *generation)
{
    if (generation != NULL) {
        gcn_access_close(generation->access);
        gcn_settings_destroy(generation->settings);
        gcn_free(generation);
    }
}
