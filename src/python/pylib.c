/* SPDX-License-Identifier: MIT */
/*
 * Imports the embedded Python modules. They are called "_gcorn_<name>" in sys.modules, and their
 * code says "<gcorn>/<name>.py" where it stands in a traceback.
 */
#include "pylib.h"

#include <stdio.h>
#include <string.h>

const struct gcn_pylib_module *gcn_pylib_find(const char *name)
{
    const struct gcn_pylib_module *module = gcn_pylib_modules;

    while (module->name != NULL && strcmp(module->name, name) != 0) {
        module++;
    }
    return module->name == NULL ? NULL : module;
}

/* The finder finds all others, so it is made by hand. */
int gcn_pylib_init(void)
{
    const struct gcn_pylib_module *finder = gcn_pylib_find("finder");
    PyObject *code =
        Py_CompileString((const char *)finder->source, "<gcorn>/finder.py", Py_file_input);
    PyObject *module =
        code == NULL ? NULL : PyImport_ExecCodeModuleEx("_gcorn_finder", code, "<gcorn>/finder.py");
    int rc = module == NULL ? -1 : 0;

    Py_XDECREF(module);
    Py_XDECREF(code);
    return rc;
}

PyObject *gcn_pylib_import(const char *name)
{
    char full_name[128];

    snprintf(full_name, sizeof(full_name), "_gcorn_%s", name);
    return PyImport_ImportModule(full_name);
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

PyObject *gcn_pylib_call_steal(const char *module, const char *function, PyObject *argument)
{
    if (argument == NULL) {
        return NULL;
    }
    PyObject *result = gcn_pylib_call(module, function, argument);
    Py_DECREF(argument);
    return result;
}
