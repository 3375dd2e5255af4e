/* SPDX-License-Identifier: MIT */
/*
 * What the HTTP modules need to know of the settings. Filled in one place (worker/options.c) from
 * struct gcn_settings, which nobody below worker/ sees.
 */
#ifndef GCORN_HTTP_LIMITS_H
#define GCORN_HTTP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcorn/base/slice.h>

/* What becomes of a field whose name has an underscore. */
enum gcn_header_map {
    GCN_HEADER_MAP_DROP,
    GCN_HEADER_MAP_REFUSE,
    GCN_HEADER_MAP_DANGEROUS,
};

enum gcn_proxy_protocol {
    GCN_PROXY_OFF,
    GCN_PROXY_V1,
    GCN_PROXY_V2,
    GCN_PROXY_AUTO,
};

/*
 * One entry of secure_scheme_headers: `name` (upper case, '-' kept) with exactly `value` is https.
 */
struct gcn_scheme_field {
    const char *name;
    const char *value;
};

/* Settings generation; everything borrowed from it. The numbers are effective ones: 0 and clamps are
   resolved before they get here. */
struct gcn_http_limits {
    /* request head */
    uint32_t request_line_bytes; /* without CRLF; at most 8190 */
    uint32_t fields;             /* at most 32768 */
    uint32_t field_bytes;        /* one field with its CRLF */
    enum gcn_header_map header_map;
    bool permit_obsolete_folding;
    bool strip_header_spaces;
    bool permit_unconventional_http_method;
    bool permit_unconventional_http_version;
    bool casefold_http_method;
    const char *const *forwarder_headers; /* upper case names, "*" for any */
    size_t n_forwarder_headers;
    const struct gcn_scheme_field *scheme_fields;
    size_t n_scheme_fields;
    /* request body */
    int64_t body_max_bytes;     /* INT64_MAX: no limit */
    size_t body_memory_bytes;   /* more than this goes to a temporary file */
    const char *tmp_upload_dir; /* NULL: TMPDIR, else /tmp */
    /* connection */
    size_t output_bytes;        /* unsent response bytes beyond which the app waits */
    uint32_t worker_connections;
    int64_t header_timeout_us;
    int64_t body_timeout_us;
    int64_t send_timeout_us;
    int64_t keepalive_us; /* 0: every response closes */
    int64_t linger_us;
    enum gcn_proxy_protocol proxy_protocol;
    bool sendfile;
    bool request_id;  /* requests get an id */
    bool note_fields; /* keep the app's fields for the access log */
    const char *server_name; /* the Server field's value */
};

#endif
