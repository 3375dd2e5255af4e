/* SPDX-License-Identifier: MIT */
/*
 * Settings for the targets of http: an input whose first byte is above ASCII begins with them, so
 * that plain requests are inputs as they are.
 */
#ifndef GCORN_TESTS_FUZZ_HTTP_OPTIONS_H
#define GCORN_TESTS_FUZZ_HTTP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../unit/http/http_limits.h"

struct fuzz_options {
    struct gcn_http_limits limits;
    bool trusted;
};

/* Take the settings off the front of the input. */
static inline struct fuzz_options take_options(const uint8_t **data, size_t *size)
{
    struct fuzz_options options = {.limits = default_limits()};

    if (*size == 0 || (**data & 0x80) == 0) {
        return options;
    }
    uint8_t bits = **data;
    options.trusted = (bits & 1) != 0;
    options.limits.permit_obsolete_folding = (bits & 2) != 0;
    options.limits.strip_header_spaces = (bits & 4) != 0;
    options.limits.permit_unconventional_http_method = (bits & 8) != 0;
    options.limits.casefold_http_method = (bits & 8) != 0;
    options.limits.permit_unconventional_http_version = (bits & 8) != 0;
    options.limits.header_map = (enum gcn_header_map)((bits >> 4 & 3) % 3);
    if ((bits & 64) != 0) {
        options.limits.request_line_bytes = 40;
        options.limits.fields = 3;
        options.limits.field_bytes = 30;
        options.limits.body_max_bytes = 20;
        options.limits.body_memory_bytes = 10;
        options.limits.proxy_protocol = GCN_PROXY_AUTO;
    }
    ++*data;
    --*size;
    return options;
}

#endif
