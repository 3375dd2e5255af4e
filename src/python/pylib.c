/* SPDX-License-Identifier: MIT */
/*
 * Imports the embedded Python modules. They are called "_gcorn_<name>" in sys.modules, and their
 * code says "<gcorn>/<name>.py" where it stands in a traceback.
 */
#include "pylib.h"

#include <stdio.h>
#include <string.h>

static const struct gcn_pylib_module *find(const char *name)
{
    const struct gcn_pylib_module *module = gcn_pylib_modules;

    while (module->name != NULL && strcmp(module->name, name) != 0) {
        module++;
    }
    return module->name == NULL ? NULL : module;
}

static PyObject *execute(const char *full_name, const struct gcn_pylib_module *module)
{
    char file[128];

    snprintf(file, sizeof(file), "<gcorn>/%s.py", module->name);
    PyObject *code = Py_CompileString((const char *)module->source, file, Py_file_input);
    if (code == NULL) {
        return NULL;
    }
    PyObject *result = PyImport_ExecCodeModuleEx(full_name, code, file);
    Py_DECREF(code);
    return result;
}

PyObject *gcn_pylib_import(const char *name)
{
    char full_name[128];
    PyObject *there = NULL;

    snprintf(full_name, sizeof(full_name), "_gcorn_%s", name);
    PyObject *key = PyUnicode_FromString(full_name);
    if (key == NULL || PyDict_GetItemRef(PyImport_GetModuleDict(), key, &there) < 0) {
        Py_XDECREF(key);
        return NULL;
    }
    Py_DECREF(key);
    if (there != NULL) {
        return there;
    }
    const struct gcn_pylib_module *module = find(name);
    if (module == NULL) {
        return PyErr_Format(PyExc_ImportError, "gcorn has no embedded module %s", name);
    }
    return execute(full_name, module);
}

PyObject *gcn_pylib_call(const char *module, const char *function, PyObject *argument)
{
    PyObject *owner = gcn_pylib_import(module);
    PyObject *callable = owner == NULL ? NULL : PyObject_GetAttrString(owner, function);
    PyObject *result = NULL;

    if (callable != NULL) {
        result = argument == NULL ? PyObject_CallNoArgs(callable)
                                  : PyObject_CallOneArg(callable, argument);
    }
    Py_XDECREF(callable);
    Py_XDECREF(owner);
    return result;
}
