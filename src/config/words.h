/* SPDX-License-Identifier: MIT */
/*
 * A line of text into words, as a shell would: GCORN_CMD_ARGS.
 */
#ifndef GCORN_CONFIG_WORDS_H
#define GCORN_CONFIG_WORDS_H

#include <stdbool.h>

#include <gcorn/base/arena.h>
#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

/*
 * Split `text` as Python's shlex.split does: blanks separate, '...' is literal, "..." knows \" and
 * \\, a backslash elsewhere takes the next byte as it is. `*words` gets a NULL-terminated array in
 * `arena` and *n its length. False for a quote that is not closed or a backslash at the end.
 */
GCN_MUST_CHECK bool gcn_words_split(struct gcn_arena *arena, const char *text,
                                    const char *const **words, size_t *n, struct gcn_error *err);

#endif
