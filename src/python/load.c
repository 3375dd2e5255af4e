/* SPDX-License-Identifier: MIT */
/*
 * From an app's name to the app. What the name means, and what to tell when it means nothing, is said
 * in pylib/appspec.py.
 */
#include "py.h"

#include <gcorn/python/python.h>

#include "app.h"
#include "exceptions.h"
#include "pylib.h"

struct gcn_app *gcn_py_app_load(const char *spec, struct gcn_error *err, int *code)
{
    PyObject *logs = gcn_pylib_call("logs", "install", NULL); /* apps use them when imported */
    PyObject *text = logs == NULL ? NULL : PyUnicode_DecodeFSDefault(spec);
    PyObject *callable = text == NULL ? NULL : gcn_pylib_call("appspec", "load", text);

    Py_XDECREF(text);
    Py_XDECREF(logs);
    if (callable == NULL) {
        gcn_py_explain("appspec", spec, err, code);
        return NULL;
    }
    return gcn_py_app_create_steal(callable);
}
