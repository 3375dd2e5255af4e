/* SPDX-License-Identifier: MIT */
/*
 * Generations of settings, with the sockets and the access log that they ask for.
 */
#include "arbiter_private.h"

#include <errno.h>

#include <gcorn/base/mem.h>
#include <gcorn/worker/worker.h>

struct gcn_generation *gcn_generation_create(struct gcn_arbiter *arb,
                                             struct gcn_settings *settings)
{
    struct gcn_generation *generation = gcn_alloc_zero(1, sizeof(*generation));

    generation->number = ++arb->generations;
    generation->settings = settings;
    generation->target = (uint32_t)settings->workers;
    generation->sockets_number = (int32_t)generation->number;
    generation->preloader.fd = -1;
    return generation;
}

bool gcn_generation_open(struct gcn_arbiter *arb, struct gcn_generation *generation,
                         const struct gcn_generation *old, struct gcn_error *err)
{
    const struct gcn_sockets *kept = old == NULL ? &arb->handed : &old->sockets;
    const struct gcn_identity identity = gcn_worker_identity(generation->settings);

    errno = 0; /* so that the caller sees a busy address and nothing older */
    if (!gcn_identity_check(&identity, err)) {
        return false;
    }
    if (generation->access == NULL &&
        !gcn_logs_open_access(generation, err)) {
        return false;
    }
    if (arb->activated) {
        gcn_sockets_copy(&generation->sockets, kept);
    } else if (!gcn_sockets_open(&generation->sockets, generation->settings, kept, err)) {
        return false;
    }
    if (old != NULL && gcn_sockets_equal(&generation->sockets, &old->sockets)) {
        generation->sockets_number = old->sockets_number;
    }
    return true;
}

bool gcn_generation_owns_files(const struct gcn_arbiter *arb)
{
    return !arb->activated && arb->successor == 0 && arb->predecessor == 0;
}

void gcn_generation_destroy(struct gcn_arbiter *arb, struct gcn_generation *generation,
                            const struct gcn_generation *keep)
{
    bool ours = gcn_generation_owns_files(arb);

    if (generation == NULL) {
        return;
    }
    gcn_preload_drop(arb, generation);
    gcn_sockets_close(&generation->sockets, keep == NULL ? NULL : &keep->sockets, ours);
    gcn_access_close(generation->access);
    gcn_py_hooks_destroy(generation->hooks);
    gcn_settings_destroy(generation->settings);
    gcn_free(generation);
}
