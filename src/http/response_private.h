/* SPDX-License-Identifier: MIT */
/*
 * What the two halves of a response, its fields and its framing, have of each other.
 */
#ifndef GCORN_SRC_HTTP_RESPONSE_PRIVATE_H
#define GCORN_SRC_HTTP_RESPONSE_PRIVATE_H

#include <stdbool.h>

#include <gcorn/http/response.h>

/* RFC 9110 §8.6: no Content-Length in 1xx and 204. */
static inline bool gcn_status_has_no_length(int status)
{
    return status < 200 || status == 204;
}

/* Write `name: value`, unchecked, behind the fields that were given before. */
void gcn_response_put_line(struct gcn_response *res, struct gcn_slice name,
                           struct gcn_slice value);

/* Give the sink what is in `out`, res->out or one that goes ahead of it; what the sink says. */
enum gcn_sink_result gcn_response_submit(struct gcn_response *res, struct gcn_out *out);

#endif
