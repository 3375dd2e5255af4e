/* SPDX-License-Identifier: MIT */
/*
 * Flags, width, precision and conversion of a step, as Python's % has them.
 */
#ifndef GCORN_LOG_SHAPE_H
#define GCORN_LOG_SHAPE_H

#include "format.h"

/* The most that a width or a precision may be. */
enum { GCN_SHAPE_MAX = 1000 };

/* Cut and pad the text that was written to `text` since `start`. */
void gcn_shape_text(struct gcn_text *text, char *start, const struct gcn_step *step);

/* Write `value` by the step's conversion, which is not 's'. */
void gcn_shape_number(struct gcn_text *text, uint64_t value, const struct gcn_step *step);

#endif
