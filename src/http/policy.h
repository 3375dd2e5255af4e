/* SPDX-License-Identifier: MIT */
/*
 * What gcorn refuses although a parser could read it. Pure: bytes in, verdict out. The rules'
 * codes, statuses and clauses are the rows of <gcorn/http/refusal.def>.
 */
#ifndef GCORN_SRC_HTTP_POLICY_H
#define GCORN_SRC_HTTP_POLICY_H

#include <stdbool.h>

#include <gcorn/base/slice.h>
#include <gcorn/http/head.h>
#include <gcorn/http/limits.h>
#include <gcorn/http/refusal.h>

/* One head on its way through the rules. Lifetime: one call of gcn_head_parse. */
struct gcn_policy {
    struct gcn_head *head;                /* what is found goes here; borrowed */
    const struct gcn_http_limits *limits; /* borrowed */
    struct gcn_slice culprit;             /* what gave the reason for a refusal */
    struct gcn_slice authority;           /* of an absolute target; ptr NULL if there is none */
    struct gcn_slice host;                /* the Host field; ptr NULL if there is none */
    unsigned seen;                        /* bits of special fields that came */
};

/*
 * Read and judge a request line without its CRLF into policy->head: method, version, target, path
 * and query. RFC 9112 §3.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_policy_request_line(struct gcn_policy *policy,
                                                        struct gcn_slice line);

/*
 * Judge one field, whose value is trimmed, and note what it says about the request. *keep: the app
 * may see it. RFC 9110 §5, RFC 9112 §5–§6.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_policy_field(struct gcn_policy *policy,
                                                 const struct gcn_field *field, bool *keep);

/* The rules that need all fields: Host, framing, persistence, SCRIPT_NAME. */
GCN_MUST_CHECK enum gcn_refusal gcn_policy_finish(struct gcn_policy *policy);

/*
 * Cut a field line (without CRLF) into name and trimmed value. Refuses what is no field line: a
 * folded one, one without colon or name, a space before the colon, a CR. `culprit` gets the name,
 * or the line if there is none.
 */
GCN_MUST_CHECK enum gcn_refusal gcn_policy_split(struct gcn_slice line, struct gcn_field *field,
                                                 struct gcn_slice *culprit);

/* Judge a trailer line (without CRLF). RFC 9110 §6.5.1. */
GCN_MUST_CHECK enum gcn_refusal gcn_policy_trailer(struct gcn_slice line);

/* True if `text` is uri-host [ ":" port ]; an empty host is fine. RFC 9110 §7.2. */
bool gcn_authority_is_valid(struct gcn_slice text);

#endif
