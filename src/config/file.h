/* SPDX-License-Identifier: MIT */
/*
 * The config file as a layer: which one, of what sort, and its values.
 */
#ifndef GCORN_CONFIG_FILE_H
#define GCORN_CONFIG_FILE_H

#include "draft.h"

/*
 * Find the file and apply it. `wanted` is the value of -c, or NULL (or empty): then the first that
 * exists of gcorn.yaml, gcorn.conf.py and gunicorn.conf.py in the start directory, if any. `place`
 * is where `wanted` was written.
 */
void gcn_file_apply(struct gcn_draft *draft, const char *wanted, const struct gcn_place *place);

/* Apply the YAML text of a file that is called `shown` in messages. */
void gcn_file_apply_yaml(struct gcn_draft *draft, const char *shown, struct gcn_slice text);

/* Execute a Python file and apply what it assigns; in sink.c. */
void gcn_file_apply_python(struct gcn_draft *draft, const struct gcn_config_source *source);

#endif
