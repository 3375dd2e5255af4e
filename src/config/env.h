/* SPDX-License-Identifier: MIT */
/*
 * The process environment as a layer.
 */
#ifndef GCORN_CONFIG_ENV_H
#define GCORN_CONFIG_ENV_H

#include "cmdline.h"

/* The value of `name` among "NAME=value" strings, or NULL. */
const char *gcn_env_find(const char *const *env, const char *name);

/* Set every row's default. The first of all layers. */
void gcn_defaults_apply(struct gcn_draft *draft);

/*
 * For the rows that no layer has set, take the variable that stands for their default
 * (WEB_CONCURRENCY, PORT …). Last, so that a bad variable that nobody needs does no harm.
 */
void gcn_defaults_apply_env(struct gcn_draft *draft);

/*
 * Parse GCORN_CMD_ARGS, else GUNICORN_CMD_ARGS. *place gets the layer with the variable's name;
 * *cmdline is empty if neither is set. Errors go to the draft.
 */
void gcn_env_parse(struct gcn_cmdline *cmdline, struct gcn_draft *draft, struct gcn_place *place);

#endif
