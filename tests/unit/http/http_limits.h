/* SPDX-License-Identifier: MIT */
/*
 * The limits that the tests of http start from: the defaults of the settings.
 */
#ifndef GCORN_TESTS_HTTP_LIMITS_H
#define GCORN_TESTS_HTTP_LIMITS_H

#include <gcorn/http/limits.h>

static inline struct gcn_http_limits default_limits(void)
{
    static const char *const forwarder[] = {"SCRIPT_NAME", "PATH_INFO"};
    static const struct gcn_scheme_field scheme[] = {
        {"X-FORWARDED-PROTOCOL", "ssl"},
        {"X-FORWARDED-PROTO", "https"},
        {"X-FORWARDED-SSL", "on"},
    };
    return (struct gcn_http_limits){
        .request_line_bytes = 4094,
        .fields = 100,
        .field_bytes = 8190,
        .header_map = GCN_HEADER_MAP_DROP,
        .forwarder_headers = forwarder,
        .n_forwarder_headers = sizeof(forwarder) / sizeof(forwarder[0]),
        .scheme_fields = scheme,
        .n_scheme_fields = sizeof(scheme) / sizeof(scheme[0]),
        .body_max_bytes = 1024 * 1024 * 1024,
        .body_memory_bytes = 128 * 1024,
    };
}

#endif
