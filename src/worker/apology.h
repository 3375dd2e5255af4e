/* SPDX-License-Identifier: MIT */
/*
 * The app of a worker whose own could not be loaded, with the setting `reload`: says why to whoever
 * asks.
 */
#ifndef GCORN_WORKER_APOLOGY_H
#define GCORN_WORKER_APOLOGY_H

#include <gcorn/http/app.h>

/* An app that answers every request 500 with a copy of `reason`. gcn_apology_destroy frees it. */
struct gcn_app *gcn_apology_create(const char *reason);

/* NULL is fine. */
void gcn_apology_destroy(struct gcn_app *app);

#endif
