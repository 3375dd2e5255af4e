/* SPDX-License-Identifier: MIT */
/*
 * The module "_gcorn": what our embedded Python modules ask of the C side.
 */
#include "native.h"

#include "py.h"

#include <string.h>

#include <gcorn/base/log.h>
#include <gcorn/config/table.h>
#include <gcorn/http/response.h>
#include <gcorn/log/statsd.h>
#include <gcorn/python/python.h>

#include "app.h"
#include "exceptions.h"
#include "hooks_private.h"
#include "pylib.h"
#include "state.h"

/* log(level, text): a line, or several, of the error log. */
static PyObject *native_log(PyObject *Py_UNUSED(self), PyObject *args)
{
    int level;
    PyObject *text;
    struct gcn_buf bytes = {0};

    if (!PyArg_ParseTuple(args, "iU", &level, &text)) {
        return NULL;
    }
    if (level >= (int)gcn_log_level()) {
        gcn_py_append_str(&bytes, text);
        gcn_log_text((enum gcn_log_level)level, bytes.len == 0 ? "" : bytes.ptr, bytes.len);
        gcn_buf_finish(&bytes);
    }
    Py_RETURN_NONE;
}

/* level(): the error log's. */
static PyObject *native_level(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    return PyLong_FromLong(gcn_log_level());
}

/* count(level): a line of that level was logged, for statsd. */
static PyObject *native_count(PyObject *Py_UNUSED(self), PyObject *level)
{
    long number = PyLong_AsLong(level);

    if (number == -1 && PyErr_Occurred() != NULL) {
        return NULL;
    }
    gcn_statsd_log((enum gcn_log_level)number);
    Py_RETURN_NONE;
}

/* metric(type, name, value): to statsd; types that it does not have are left out. */
static PyObject *native_metric(PyObject *Py_UNUSED(self), PyObject *args)
{
    static const struct {
        const char *name;
        enum gcn_metric type;
    } rows[] = {
        {"gauge", GCN_METRIC_GAUGE},
        {"counter", GCN_METRIC_COUNTER},
        {"histogram", GCN_METRIC_HISTOGRAM},
        {"timer", GCN_METRIC_TIMER},
    };
    const char *type, *name;
    double value;

    if (!PyArg_ParseTuple(args, "ssd", &type, &name, &value)) {
        return NULL;
    }
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        if (strcmp(type, rows[i].name) == 0) {
            gcn_statsd_send(rows[i].type, gcn_slice_of(name), value);
        }
    }
    Py_RETURN_NONE;
}

/* source(name): the text of the embedded file pylib/<name>.py, or None. */
static PyObject *native_source(PyObject *Py_UNUSED(self), PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    const struct gcn_pylib_module *module = text == NULL ? NULL : gcn_pylib_find(text);

    if (text == NULL) {
        return NULL;
    }
    if (module == NULL) {
        Py_RETURN_NONE;
    }
    return PyBytes_FromStringAndSize((const char *)module->source, (Py_ssize_t)module->len);
}

/* heartbeat(): the worker is alive; puts off the end of the time that the arbiter allows it. */
static PyObject *native_heartbeat(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    gcn_py_heartbeat();
    Py_RETURN_NONE;
}

/*
 * serve(app): call it from the next request on. False if this process has no app that it could
 * replace.
 */
static PyObject *native_serve(PyObject *Py_UNUSED(self), PyObject *callable)
{
    return PyBool_FromLong(gcn_py_app_replace(callable));
}

/* passes_on(name, value): whether the client gets that field of the app's. */
static PyObject *native_passes_on(PyObject *Py_UNUSED(self), PyObject *args)
{
    PyObject *name, *value;
    struct gcn_slice name_bytes, value_bytes;

    if (!PyArg_ParseTuple(args, "UU", &name, &value)) {
        return NULL;
    }
    return PyBool_FromLong(gcn_py_latin1(name, &name_bytes) && gcn_py_latin1(value, &value_bytes) &&
                           gcn_response_passes_on(name_bytes, value_bytes));
}

int gcn_py_native_init(void)
{
    static PyMethodDef methods[] = {
        {"log", native_log, METH_VARARGS, NULL},
        {"level", native_level, METH_NOARGS, NULL},
        {"count", native_count, METH_O, NULL},
        {"metric", native_metric, METH_VARARGS, NULL},
        {"source", native_source, METH_O, NULL},
        {"heartbeat", native_heartbeat, METH_NOARGS, NULL},
        {"serve", native_serve, METH_O, NULL},
        {"passes_on", native_passes_on, METH_VARARGS, NULL},
        {NULL, NULL, 0, NULL},
    };
    static struct PyModuleDef definition = {
        .m_base = PyModuleDef_HEAD_INIT,
        .m_name = "_gcorn",
        .m_size = 0,
        .m_methods = methods,
    };
    PyObject *module = PyModule_Create(&definition);
    int rc = -1;

    if (module != NULL && PyModule_AddIntConstant(module, "EXCEPTION", GCN_LOG_EXCEPTION) == 0 &&
        PyModule_AddIntConstant(module, "max_workers",
                                (long)gcn_setting_get(GCN_SETTING_workers)->max) == 0 &&
        PyModule_AddStringConstant(module, "version", GCORN_VERSION) == 0 &&
        PyModule_AddStringConstant(module, "gunicorn_version", GCN_PY_GUNICORN_VERSION) == 0 &&
        PyModule_AddStringConstant(module, "server_software", gcn_py.options.server_software) ==
            0) {
        rc = PyDict_SetItemString(PyImport_GetModuleDict(), "_gcorn", module);
    }
    Py_XDECREF(module);
    return rc;
}
