/* SPDX-License-Identifier: MIT */
/*
 * From a field's name to its key in the environ.
 */
#ifndef GCORN_PYTHON_HEADER_KEY_H
#define GCORN_PYTHON_HEADER_KEY_H

#include "py.h"

#include <gcorn/base/slice.h>

/*
 * "HTTP_USER_AGENT" for "User-Agent"; CONTENT_TYPE and CONTENT_LENGTH have no prefix. Usual names
 * give the same object each time. New reference; NULL with an exception. GIL: held. RFC 3875
 * §4.1.18.
 */
PyObject *gcn_py_header_key(struct gcn_slice name);

/* Drop the known keys. GIL: held. */
void gcn_py_header_keys_finish(void);

#endif
