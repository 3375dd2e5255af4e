/* SPDX-License-Identifier: MIT */
/*
 * What newer CPythons have and the oldest supported one lacks, under CPython's own names and with
 * its meaning, so that the rest of the module is written against the newest. Included by py.h.
 */
#ifndef GCORN_PYTHON_COMPAT_H
#define GCORN_PYTHON_COMPAT_H

/* 3.12: every str is ready. Before, one made through the legacy API is not until asked. */
#if PY_VERSION_HEX >= 0x030C0000
#define GCN_PY_UNICODE_READY(str) 0
#else
#define GCN_PY_UNICODE_READY(str) PyUnicode_READY(str)
#endif

#if PY_VERSION_HEX < 0x030A0000
#define Py_TPFLAGS_DISALLOW_INSTANTIATION 0UL /* made good in gcn_py_type_create */
#define Py_TPFLAGS_IMMUTABLETYPE          0UL

static inline PyObject *Py_NewRef(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static inline PyObject *Py_XNewRef(PyObject *object)
{
    Py_XINCREF(object);
    return object;
}
#endif

#if PY_VERSION_HEX < 0x030C0000
/* The exception that is set, taken; NULL if there is none. New reference. */
static inline PyObject *PyErr_GetRaisedException(void)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

/* Set `exc` (stolen; NULL clears) as the current exception. */
static inline void PyErr_SetRaisedException(PyObject *exc)
{
    if (exc == NULL) {
        PyErr_Clear();
        return;
    }
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(exc)), exc, PyException_GetTraceback(exc));
}
#endif

#if PY_VERSION_HEX < 0x030D0000
/* *result: a new reference or NULL. 1: found, 0: no such attribute, -1: another exception. */
static inline int PyObject_GetOptionalAttr(PyObject *object, PyObject *name, PyObject **result)
{
    *result = PyObject_GetAttr(object, name);
    if (*result != NULL) {
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

/* *result: a new reference or NULL. 1: found, 0: no such key, -1: exception. */
static inline int PyDict_GetItemRef(PyObject *dict, PyObject *key, PyObject **result)
{
    *result = Py_XNewRef(PyDict_GetItemWithError(dict, key));
    return *result != NULL ? 1 : PyErr_Occurred() != NULL ? -1 : 0;
}
#endif

#endif
