/* SPDX-License-Identifier: MIT */
/*
 * The parts of a request's address that only the environ needs.
 */
#ifndef GCORN_PYTHON_URL_H
#define GCORN_PYTHON_URL_H

#include "py.h"

#include <gcorn/base/slice.h>

/*
 * `text` with its %XX decoded, each byte a character of the same number; a '%' without two
 * hexadecimal digits stays. New reference; NULL with an exception. GIL: held.
 */
PyObject *gcn_url_unquote(struct gcn_slice text);

/* "name:port", "[v6]:port" or "name": slices of `host`; *port is empty if there is none. */
void gcn_url_split_host(struct gcn_slice host, struct gcn_slice *name, struct gcn_slice *port);

#endif
