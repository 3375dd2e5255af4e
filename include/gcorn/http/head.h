/* SPDX-License-Identifier: MIT */
/*
 * The head of a request: found in the input (scan), parsed by llhttp and judged by the policy.
 */
#ifndef GCORN_HTTP_HEAD_H
#define GCORN_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/slice.h>
#include <gcorn/http/limits.h>
#include <gcorn/http/refusal.h>

/* Lifetime: the head it belongs to. Slices of the head's bytes. */
struct gcn_field {
    struct gcn_slice name; /* as received, a token; never empty */
    struct gcn_slice value; /* without blanks at either end */
};

/*
 * Lifetime: request, or longer while the head cache holds it. All that follows from the bytes of a
 * head and from whether its sender is trusted, and from nothing else. Counted references; the
 * loop's thread alone counts.
 */
struct gcn_head {
    int refs;
    bool trusted;      /* parsed as from a trusted peer */
    bool keep_alive;   /* the client wants the connection kept: version and Connection */
    bool expect_continue;
    bool chunked;      /* body framed by chunks */
    bool https;        /* a trusted scheme field says so */
    bool scheme_given; /* there was a trusted scheme field (https may be false) */
    uint8_t version_major, version_minor;
    struct gcn_slice raw;    /* the whole head with its last CRLFCRLF */
    struct gcn_slice method; /* upper case if casefold_http_method */
    struct gcn_slice target; /* as received: RAW_URI */
    struct gcn_slice path;   /* of the target, still percent-encoded, without query and fragment */
    struct gcn_slice query;  /* without '?'; empty if none */
    struct gcn_slice script_name; /* a trusted proxy's: `path` begins with it; else ptr NULL */
    int64_t content_length;  /* -1: no Content-Length */
    uint32_t n_fields;       /* fields that the app may see, in order of arrival */
    uint32_t cap_fields;
    struct gcn_field *fields; /* owned */
    char *owned; /* bytes the slices point into when they outlive the input buffer; else NULL */
    char *folded; /* owned: the head rewritten (unfolded, method in upper case, …), or NULL; then
                     all slices but `raw` point into it */
    size_t folded_len;
    void *app_data; /* what the app keeps beside a cached head; freed by app_release */
    void (*app_release)(void *app_data); /* may be called without the GIL; or NULL */
};

/* Where the search for the end of a head stands, across reads. {0} at the start of a head. */
struct gcn_head_scan {
    uint32_t at;          /* bytes looked at */
    uint32_t line_start;  /* where the current line begins */
    uint32_t field_start; /* where the last finished field begins; folded lines belong to it */
    uint32_t lines;       /* the request line and fields finished */
};

/*
 * Look for the end of the head in bytes[0 … len), which grows from call to call and starts at the
 * same byte. On GCN_REFUSE_NOTHING *head_len is the length of the head with its empty line, or 0 if
 * more is needed. Refuses as soon as a bound is passed (request line, fields, field size) or a line
 * ends in a bare LF, and at the first byte if that cannot begin a request. Works on lengths only:
 * what the lines say is for gcn_head_parse. The verdict does not depend on how the bytes were cut.
 * Thread: any. GIL: not needed. Allocates: no. RFC 9112 §2.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_head_scan(struct gcn_head_scan *scan, const char *bytes,
                                              size_t len, const struct gcn_http_limits *limits,
                                              size_t *head_len);

/* A head with one reference and room for a usual number of fields. From a pool of this process. */
struct gcn_head *gcn_head_create(void);

/* True if the client understands HTTP/1.1: chunks, 1xx responses, connections that are kept. */
static inline bool gcn_head_is_http11(const struct gcn_head *head)
{
    return head->version_major > 1 || (head->version_major == 1 && head->version_minor > 0);
}

/* One reference more to `head`, which is returned. Thread: loop. */
static inline struct gcn_head *gcn_head_ref(struct gcn_head *head)
{
    head->refs++;
    return head;
}

/* Give back a reference; the last one frees. NULL is fine. Thread: loop. */
void gcn_head_unref(struct gcn_head *head);

/*
 * Parse the complete head bytes[0 … len) into `head`, whose slices then point into `bytes`.
 * `trusted` says whether the peer's forwarding fields are believed. Every rule of the policy is
 * applied. On a refusal *culprit (may be NULL) is the slice that gave the reason. RFC 9112 §3–§6,
 * RFC 9110 §5.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_head_parse(struct gcn_head *head, const char *bytes, size_t len,
                                               const struct gcn_http_limits *limits, bool trusted,
                                               struct gcn_slice *culprit);

/* A copy of a parsed head that owns its bytes, with one reference, for the cache. No app_data. */
struct gcn_head *gcn_head_copy(const struct gcn_head *head);

/* The value of the first field called `name` (any case), or a slice with ptr NULL. */
struct gcn_slice gcn_head_find(const struct gcn_head *head, const char *name);

/* Free the pool of heads (at exit, for leak checkers). */
void gcn_head_pool_finish(void);

#endif
