/* SPDX-License-Identifier: MIT */
/*
 * The files that the app's modules came from, for those who watch them.
 */
#include "py.h"

#include <gcorn/python/python.h>

#include "state.h"
#include "thread.h"

/* __file__ of a module without running any code of its own: no __getattr__, no lazy import. */
static void report(PyObject *module, void (*each)(void *context, const char *path), void *context)
{
    if (!PyModule_Check(module)) {
        return;
    }
    PyObject *dict_borrowed = PyModule_GetDict(module);
    PyObject *file_borrowed = PyDict_GetItemString(dict_borrowed, "__file__");
    const char *path = file_borrowed != NULL && PyUnicode_Check(file_borrowed)
                           ? PyUnicode_AsUTF8(file_borrowed)
                           : NULL;
    if (path != NULL && path[0] != '<') { /* not one of ours, which are in memory */
        each(context, path);
    } else {
        PyErr_Clear(); /* a path that is not UTF-8 cannot be watched by name */
    }
}

void gcn_py_module_files(void (*each)(void *context, const char *path), void *context)
{
    if (!gcn_py.started) {
        return;
    }
    bool taken = gcn_py_thread_ensure();
    PyObject *modules_borrowed = PyImport_GetModuleDict();
    PyObject *values = PyDict_Values(modules_borrowed); /* a list: importing may go on meanwhile */
    for (Py_ssize_t i = 0; values != NULL && i < PyList_GET_SIZE(values); i++) {
        report(PyList_GET_ITEM(values, i), each, context);
    }
    if (values == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(values);
    gcn_py_thread_restore(taken);
}
