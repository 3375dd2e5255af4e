/* SPDX-License-Identifier: MIT */
/*
 * A WSGI app as the executors see it: struct gcn_app, implemented by a Python callable.
 */
#ifndef GCORN_PYTHON_APP_H
#define GCORN_PYTHON_APP_H

#include "py.h"

#include <stdbool.h>

#include <gcorn/http/app.h>

/* An app that calls `callable`, whose reference it takes over. Freed by gcn_py_app_destroy. */
struct gcn_app *gcn_py_app_create_steal(PyObject *callable);

/*
 * From the next call on, the app of this process calls `callable`. False if there is no app. GIL:
 * held.
 */
bool gcn_py_app_replace(PyObject *callable);

#endif
