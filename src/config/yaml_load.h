/* SPDX-License-Identifier: MIT */
/*
 * A YAML document as values, by libyaml's events. Scalars stay text: the kind of the setting
 * decides what they mean, so that `no`, 022 and 12:30 are no traps.
 */
#ifndef GCORN_CONFIG_YAML_LOAD_H
#define GCORN_CONFIG_YAML_LOAD_H

#include <stdbool.h>

#include <gcorn/base/arena.h>
#include <gcorn/base/compiler.h>

#include "value.h"

/* Takes one error; line and column are from 1, or 0 if not known. */
typedef void (*gcn_yaml_error_fn)(void *context, int line, int column, const char *text);

/*
 * Parse the one document in `text` into values that live in `arena`; *out is NULL for an empty one.
 * Anchors, aliases and merge keys (<<) are resolved; an alias shares its value. Every duplicate key
 * is reported; other errors end the parse. False if anything was reported. Depth, and the number of
 * nodes with aliases written out, are bounded.
 */
GCN_MUST_CHECK bool gcn_yaml_parse(struct gcn_slice text, struct gcn_arena *arena,
                                   const struct gcn_value **out, gcn_yaml_error_fn on_error,
                                   void *context);

#endif
