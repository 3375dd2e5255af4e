/* SPDX-License-Identifier: MIT */
/*
 * Wire cases as the parser-level runner has them: see README.md for the files' format.
 */
#ifndef GCORN_TESTS_WIRE_H
#define GCORN_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/slice.h>
#include <gcorn/http/limits.h>

/* Lifetime: one case. */
struct wire_case {
    char name[160];
    int line; /* of its heading */
    struct gcn_http_limits limits;
    bool trusted;
    bool has_input, has_expect;
    struct gcn_buf input;  /* what the client sends */
    struct gcn_buf expect; /* the lines of the block */
};

typedef void (*wire_case_fn)(void *context, const struct wire_case *wire);

/*
 * Call `fn` with every case of the file `path`. Returns the number of cases; -1, with a message on
 * standard error, if the file cannot be read or breaks the format.
 */
int wire_read(const char *path, wire_case_fn fn, void *context);

/*
 * Play `wire` with its input cut after each of the `n_cuts` offsets, and append the transcript: the
 * lines of an expect block, every fact in it.
 */
void wire_play(const struct wire_case *wire, const size_t *cuts, size_t n_cuts,
               struct gcn_buf *transcript);

/* NULL if `transcript` is what `expect` asks for, else the line of it that is not met. */
const char *wire_unmet(const char *expect, const char *transcript);

/* Append `bytes` in the notation of the files. */
void wire_escape(struct gcn_buf *out, struct gcn_slice bytes);

#endif
