/* SPDX-License-Identifier: MIT */
/*
 * What the access log's format wants to say of the environ.
 */
#include "environ_notes.h"

#include <gcorn/log/access.h>
#include <gcorn/log/notes.h>

#include "exceptions.h"
#include "state.h"

enum { MAX_NAMES = 32 };

/* Note str(value). A value without one is left out: the line matters more. */
static void note(struct gcn_response *res, struct gcn_slice name, PyObject *value)
{
    struct gcn_buf bytes = {0};
    PyObject *text = PyObject_Str(value);

    if (text == NULL) {
        gcn_py_log_exception(GCN_LOG_ERROR, "A value of the environ cannot be written");
        return;
    }
    gcn_py_append_str(&bytes, text);
    gcn_note_add(&res->notes, GCN_ACCESS_ENVIRON, name,
                 bytes.len == 0 ? GCN_SLICE("") : gcn_buf_slice(&bytes));
    gcn_buf_finish(&bytes);
    Py_DECREF(text);
}

/* The names of a format are those of keys in any case. */
static void note_named(PyObject *env, struct gcn_response *res, struct gcn_slice name)
{
    PyObject *keys = PyDict_Keys(env); /* str() of a value may change the dictionary */

    for (Py_ssize_t i = 0; keys != NULL && i < PyList_GET_SIZE(keys); i++) {
        PyObject *key_borrowed = PyList_GET_ITEM(keys, i);
        PyObject *value = NULL;
        struct gcn_slice text;
        if (PyUnicode_Check(key_borrowed) && gcn_py_latin1(key_borrowed, &text) &&
            gcn_slice_equal_nocase(text, name) &&
            PyDict_GetItemRef(env, key_borrowed, &value) > 0) {
            note(res, name, value);
        }
        Py_XDECREF(value);
    }
    Py_XDECREF(keys);
}

void gcn_py_environ_note(PyObject *env, struct gcn_response *res)
{
    struct gcn_slice names[MAX_NAMES];
    size_t n = gcn_access_names(gcn_py.options.access, GCN_ACCESS_ENVIRON, names, MAX_NAMES);

    for (size_t i = 0; i < n && i < MAX_NAMES; i++) {
        note_named(env, res, names[i]);
    }
    if (PyErr_Occurred() != NULL) {
        gcn_py_log_exception(GCN_LOG_ERROR, "The environ cannot be read for the access log");
    }
}
