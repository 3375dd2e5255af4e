/* SPDX-License-Identifier: MIT */
/*
 * Paths as text; nothing is looked up.
 */
#ifndef GCORN_CONFIG_PATH_H
#define GCORN_CONFIG_PATH_H

#include <gcorn/base/arena.h>
#include <gcorn/base/slice.h>

/*
 * `path` made absolute against the directory `base` (absolute) and normalised as os.path.abspath
 * does: no ".", "..", double or trailing slash. The text lives in `arena`.
 */
const char *gcn_path_absolute(struct gcn_arena *arena, const char *base, struct gcn_slice path);

#endif
