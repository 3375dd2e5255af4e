/* SPDX-License-Identifier: MIT */
/*
 * What the access log's format wants to say of the environ, which is gone when the line is written.
 */
#ifndef GCORN_PYTHON_ENVIRON_NOTES_H
#define GCORN_PYTHON_ENVIRON_NOTES_H

#include "py.h"

#include <gcorn/http/response.h>

/* Note for `res` the wanted values of `env`, as it is now. GIL: held. */
void gcn_py_environ_note(PyObject *env, struct gcn_response *res);

#endif
