/* SPDX-License-Identifier: MIT */
/*
 * The lines of a response's head that only the server can know: status line, Server, Date,
 * Connection and Transfer-Encoding.
 */
#ifndef GCORN_SRC_HTTP_SERVER_LINES_H
#define GCORN_SRC_HTTP_SERVER_LINES_H

#include <gcorn/http/response.h>

enum { GCN_SERVER_LINES_BYTES = 512 }; /* they are never longer */

/* Put them before what is in res->out, into a gap of GCN_SERVER_LINES_BYTES. The head is final. */
void gcn_server_lines_prepend(struct gcn_response *res);

#endif
