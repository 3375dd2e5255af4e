/* SPDX-License-Identifier: MIT */
/*
 * From an app's name to the app. What the name means, and what to tell when it means nothing, is
 * said in pylib/appspec.py, and for PasteDeploy in pylib/paste.py.
 */
#include "py.h"

#include <gcorn/config/settings.h>
#include <gcorn/python/python.h>

#include "app.h"
#include "exceptions.h"
#include "fork.h"
#include "pylib.h"
#include "settings_dict.h"

/* load() of pylib/<module>.py with an argument that is taken over; NULL: an exception is set. */
static struct gcn_app *load_steal(const char *module, PyObject *argument, const char *spec,
                                  struct gcn_error *err, int *code)
{
    PyObject *logs = NULL, *callable = NULL;

    if (argument != NULL) {
        logs = gcn_pylib_call("logs", "install", NULL); /* apps use them when imported */
    }
    if (logs != NULL) {
        callable = gcn_pylib_call(module, "load", argument);
        gcn_py_fork_check();
    }
    Py_XDECREF(logs);
    Py_XDECREF(argument);
    if (callable == NULL && gcn_py_boot_interrupted()) {
        PyErr_Clear();
        gcn_error_set(err, "the worker is told to leave while it loads the app");
        return NULL;
    }
    if (callable == NULL) {
        gcn_py_explain("appspec", spec, err, code);
        return NULL;
    }
    return gcn_py_app_create_steal(callable);
}

struct gcn_app *gcn_py_app_load(const char *spec, struct gcn_error *err, int *code)
{
    return load_steal("appspec", PyUnicode_DecodeFSDefault(spec), spec, err, code);
}

struct gcn_app *gcn_py_app_load_settings(const struct gcn_settings *settings, struct gcn_error *err,
                                         int *code)
{
    if (settings->paste == NULL) {
        return gcn_py_app_load(settings->app, err, code);
    }
    PyObject *variables = gcn_py_strings_list(&settings->raw_paste_global_conf);
    PyObject *uri = variables == NULL ? NULL : PyUnicode_DecodeFSDefault(settings->app);
    PyObject *args = uri == NULL ? NULL : PyTuple_Pack(2, uri, variables);

    Py_XDECREF(uri);
    Py_XDECREF(variables);
    return load_steal("paste", args, settings->app, err, code);
}
