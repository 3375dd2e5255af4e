/* SPDX-License-Identifier: MIT */
/*
 * From an app's name to the app. What the name means, and what to tell when it means nothing, is said
 * in pylib/appspec.py.
 */
#include "py.h"

#include <gcorn/base/buf.h>
#include <gcorn/base/log.h>
#include <gcorn/python/python.h>

#include "app.h"
#include "exceptions.h"
#include "pylib.h"

/* Log the traceback of an app that failed by itself. */
static void log_traceback(PyObject *text)
{
    Py_ssize_t len;
    const char *bytes = text == Py_None ? NULL : PyUnicode_AsUTF8AndSize(text, &len);

    if (bytes != NULL) {
        gcn_log_text(GCN_LOG_ERROR, bytes, (size_t)len);
    }
}

/* Turn the exception that is set into `err` and an exit code. */
static void explain(const char *spec, struct gcn_error *err, int *code)
{
    PyObject *exc = PyErr_GetRaisedException();
    PyObject *pair = Py_BuildValue("(sO)", spec, exc);
    PyObject *answer = pair == NULL ? NULL : gcn_pylib_call("appspec", "explain", pair);
    const char *message;
    PyObject *traceback_borrowed;

    *code = GCN_EXIT_BOOT;
    if (answer == NULL || !PyArg_ParseTuple(answer, "isO", code, &message, &traceback_borrowed)) {
        struct gcn_buf text = {0};
        gcn_py_print_exception(&text);
        PyErr_Clear();
        gcn_error_set(err, "the app \"%s\" cannot be loaded: %s", spec, text.ptr);
        gcn_buf_finish(&text);
    } else {
        log_traceback(traceback_borrowed);
        gcn_error_set(err, "%s", message);
    }
    Py_XDECREF(answer);
    Py_XDECREF(pair);
    Py_XDECREF(exc);
}

struct gcn_app *gcn_py_app_load(const char *spec, struct gcn_error *err, int *code)
{
    PyObject *report = gcn_pylib_import("report"); /* appspec imports it */
    PyObject *text = report == NULL ? NULL : PyUnicode_DecodeFSDefault(spec);
    PyObject *callable = text == NULL ? NULL : gcn_pylib_call("appspec", "load", text);

    Py_XDECREF(text);
    Py_XDECREF(report);
    if (callable == NULL) {
        explain(spec, err, code);
        return NULL;
    }
    return gcn_py_app_create_steal(callable);
}
