/* SPDX-License-Identifier: MIT */
/*
 * A whole connection: PROXY header, heads, bodies, pipelines, in the model of the wire cases. The
 * app sees the same requests wherever the input is cut.
 */
#include "fuzz.h"

#include <string.h>

#include <gcorn/base/die.h>

#include "../wire/wire.h"
#include "http_options.h"

enum { CUTS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_options options = take_options(&data, &size);
    struct wire_case wire = {.limits = options.limits, .trusted = options.trusted};
    struct gcn_buf whole = {0}, cut = {0}, single = {0};
    size_t cuts[CUTS_MAX];
    size_t n_cuts = size < CUTS_MAX ? size : CUTS_MAX;

    gcn_buf_append(&wire.input, data, size);
    for (size_t i = 0; i < n_cuts; i++) {
        cuts[i] = i;
    }
    wire_play(&wire, NULL, 0, &whole);
    wire_play(&wire, cuts, n_cuts, &cut);
    wire_play(&wire, &cuts[n_cuts / 2], n_cuts > 0, &single);
    GCN_ASSERT(strcmp(whole.ptr, cut.ptr) == 0);
    GCN_ASSERT(strcmp(whole.ptr, single.ptr) == 0);
    gcn_buf_finish(&wire.input);
    gcn_buf_finish(&whole);
    gcn_buf_finish(&cut);
    gcn_buf_finish(&single);
    return 0;
}
