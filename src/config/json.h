/* SPDX-License-Identifier: MIT */
/*
 * A YAML value as JSON, which is how a dictionary of any shape travels to Python.
 */
#ifndef GCORN_CONFIG_JSON_H
#define GCORN_CONFIG_JSON_H

#include <stdbool.h>

#include <gcorn/base/error.h>

#include "value.h"

/*
 * Append `value`. Plain scalars get the type that YAML 1.2's core schema gives them (null, truth,
 * number, else text), but for the truths, which are those of every setting: yes, no, on and off
 * too. False, with what was expected, for a map whose keys are not text.
 */
bool gcn_json_append(const struct gcn_value *value, struct gcn_buf *out,
                     struct gcn_error *expected);

#endif
