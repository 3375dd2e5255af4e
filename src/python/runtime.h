/* SPDX-License-Identifier: MIT */
/*
 * What the rest of the module asks of the interpreter's start.
 */
#ifndef GCORN_PYTHON_RUNTIME_H
#define GCORN_PYTHON_RUNTIME_H

#include "py.h"

#include <stdbool.h>

#include <gcorn/base/error.h>

/* Turn the exception that is set into `err`, "<what>: ValueError: …", and clear it. Returns
   false. GIL: held. */
bool gcn_py_error_from_exception(struct gcn_error *err, const char *what);

#endif
