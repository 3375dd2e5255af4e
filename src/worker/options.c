/* SPDX-License-Identifier: MIT */
/*
 * From settings to effective numbers: 0 and clamps are resolved here and nowhere else.
 */
#include "options.h"

#include <gcorn/base/clock.h>
#include <gcorn/base/mem.h>
#include <gcorn/config/settings.h>
#include <gcorn/log/access.h>
#include <gcorn/python/python.h>

#include "worker_private.h"

enum {
    MAX_REQUEST_LINE = 8190,
    MAX_FIELDS = 32768,
    MAX_FIELD_BYTES = 8190, /* what 0 means */
    LINGER_S = 2,           /* how long a closed connection is still read from, as in gunicorn */
};

static uint32_t clamp(int64_t value, int64_t none, int64_t most)
{
    if (value == 0) {
        return (uint32_t)none;
    }
    return (uint32_t)(value < most ? value : most);
}

static void set_head_limits(struct gcn_http_limits *limits, const struct gcn_settings *settings)
{
    static const enum gcn_header_map maps[] = {
        [GCN_CHOICE_HEADER_DROP] = GCN_HEADER_MAP_DROP,
        [GCN_CHOICE_HEADER_REFUSE] = GCN_HEADER_MAP_REFUSE,
        [GCN_CHOICE_HEADER_DANGEROUS] = GCN_HEADER_MAP_DANGEROUS,
    };

    limits->request_line_bytes =
        clamp(settings->limit_request_line, MAX_REQUEST_LINE, MAX_REQUEST_LINE);
    limits->fields = clamp(settings->limit_request_fields, MAX_FIELDS, MAX_FIELDS);
    limits->field_bytes = clamp(settings->limit_request_field_size, MAX_FIELD_BYTES, INT32_MAX);
    limits->header_map = maps[settings->header_map];
    limits->permit_obsolete_folding = settings->permit_obsolete_folding;
    limits->strip_header_spaces = settings->strip_header_spaces;
    limits->permit_unconventional_http_method = settings->permit_unconventional_http_method;
    limits->permit_unconventional_http_version = settings->permit_unconventional_http_version;
    limits->casefold_http_method = settings->casefold_http_method;
    limits->forwarder_headers = settings->forwarder_headers.items;
    limits->n_forwarder_headers = settings->forwarder_headers.n;
}

/* The setting's pairs under the names that the HTTP modules use. Owned by the worker. */
static void set_scheme_fields(struct gcn_http_limits *limits, const struct gcn_pairs *pairs)
{
    struct gcn_scheme_field *fields = gcn_alloc_zero(pairs->n, sizeof(*fields));

    for (size_t i = 0; i < pairs->n; i++) {
        fields[i] = (struct gcn_scheme_field){pairs->items[i].key, pairs->items[i].value};
    }
    limits->scheme_fields = fields;
    limits->n_scheme_fields = pairs->n;
}

static void set_connection_limits(struct gcn_http_limits *limits,
                                  const struct gcn_settings *settings,
                                  const struct gcn_access *access)
{
    static const enum gcn_proxy_protocol proxies[] = {
        [GCN_CHOICE_PROXY_OFF] = GCN_PROXY_OFF,
        [GCN_CHOICE_PROXY_V1] = GCN_PROXY_V1,
        [GCN_CHOICE_PROXY_V2] = GCN_PROXY_V2,
        [GCN_CHOICE_PROXY_AUTO] = GCN_PROXY_AUTO,
    };

    limits->body_max_bytes =
        settings->limit_request_body == 0 ? INT64_MAX : settings->limit_request_body;
    limits->body_memory_bytes = (size_t)settings->body_buffer_size;
    limits->tmp_upload_dir = settings->tmp_upload_dir;
    limits->output_bytes = (size_t)settings->output_buffer_size;
    limits->worker_connections = clamp(settings->worker_connections, 0, UINT32_MAX);
    limits->header_timeout_us = gcn_clock_span_us(settings->header_timeout);
    limits->body_timeout_us = gcn_clock_span_us(settings->body_timeout);
    limits->send_timeout_us = gcn_clock_span_us(settings->send_timeout);
    limits->keepalive_us = gcn_clock_span_us(settings->keepalive);
    limits->linger_us = gcn_clock_span_us(LINGER_S);
    limits->proxy_protocol = proxies[settings->proxy_protocol];
    limits->sendfile = settings->sendfile;
    limits->request_id = settings->request_id;
    limits->note_fields = access != NULL && gcn_access_wants(access, GCN_ACCESS_RESPONSE);
    limits->server_name = "gcorn";
}

bool gcn_options_init(struct gcn_worker *worker, struct gcn_error *err)
{
    const struct gcn_settings *settings = worker->settings;

    worker->timeout_us = gcn_clock_span_us(settings->timeout);
    worker->request_timeout_us = gcn_clock_span_us(settings->request_timeout);
    worker->graceful_timeout_us = gcn_clock_span_us(settings->graceful_timeout);
    set_head_limits(&worker->limits, settings);
    set_scheme_fields(&worker->limits, &settings->secure_scheme_headers);
    set_connection_limits(&worker->limits, settings, worker->start->access);
    return gcn_networks_parse(settings->forwarded_allow_ips.items, settings->forwarded_allow_ips.n,
                              &worker->forwarders, err) &&
           gcn_networks_parse(settings->proxy_allow_ips.items, settings->proxy_allow_ips.n,
                              &worker->proxies, err);
}

void gcn_options_finish(struct gcn_worker *worker)
{
    gcn_networks_finish(&worker->forwarders);
    gcn_networks_finish(&worker->proxies);
    gcn_free((void *)worker->limits.scheme_fields);
    worker->limits.scheme_fields = NULL;
}

void gcn_options_python(const struct gcn_worker *worker, struct gcn_py_options *out)
{
    gcn_py_options_init(out, worker->settings, worker->start->argv);
    out->access = worker->start->access;
}
