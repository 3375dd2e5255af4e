/* SPDX-License-Identifier: MIT */
/*
 * From what the app returned to the body of the response.
 */
#ifndef GCORN_PYTHON_ITERATE_H
#define GCORN_PYTHON_ITERATE_H

#include "py.h"

#include <gcorn/base/compiler.h>

struct gcn_py_call;

/*
 * Send the body that `result` (stolen) stands for and end the response; call its close() exactly
 * once, whatever happened. -1 with the first exception. If the client has left, the iteration
 * stops without an exception, and call->res->ended is false. GIL: held. PEP 3333, "Buffering and
 * Streaming", "Handling the Content-Length Header".
 */
GCN_MUST_CHECK int gcn_py_send_body_steal(struct gcn_py_call *call, PyObject *result);

#endif
