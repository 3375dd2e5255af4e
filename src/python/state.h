/* SPDX-License-Identifier: MIT */
/*
 * What the whole module knows of the one interpreter: strings, types and the objects that never
 * change from request to request.
 */
#ifndef GCORN_PYTHON_STATE_H
#define GCORN_PYTHON_STATE_H

#include "py.h"

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/python/python.h>

#include "names.h"

/* Process. Members own; everything is NULL before gcn_py_start and after gcn_py_stop. */
struct gcn_py_state {
    bool started;
    struct gcn_py_options options;
    PyInterpreterState *interp; /* borrowed: the main one */
    struct gcn_py_names names;
    struct {
        PyTypeObject *start_response, *write, *early_hints;
        PyTypeObject *input, *socket;
        PyTypeObject *errors, *file_wrapper;
    } types;
    PyObject *errors; /* wsgi.errors, the same for all requests */
#if PY_VERSION_HEX >= 0x030C0000
    int dict_watcher;      /* the id that we watch dictionaries under, or -1: see changes.h */
    uint64_t dict_changes; /* how many changes it was told of */
#endif
};

/* The one there is. Read and written with the GIL held, but for `started`. */
extern struct gcn_py_state gcn_py;

/*
 * A heap type from `spec` that Python code cannot instantiate. NULL with an exception. GIL: held.
 */
PyTypeObject *gcn_py_type_create(PyType_Spec *spec);

/* tp_dealloc for objects of such types that own nothing. */
void gcn_py_plain_dealloc(PyObject *self);

/*
 * The bytes of a str whose characters are all below 256, which is what PEP 3333 calls a native
 * string. False without an exception if it has others. Borrowed from `str`. GIL: held.
 */
static inline bool gcn_py_latin1(PyObject *str, struct gcn_slice *out)
{
    if (GCN_LIKELY(PyUnicode_IS_COMPACT_ASCII(str))) { /* nearly every one, told by one look */
        *out = (struct gcn_slice){(const char *)PyUnicode_1BYTE_DATA(str),
                                  (size_t)PyUnicode_GET_LENGTH(str)};
        return true;
    }
    if (GCN_PY_UNICODE_READY(str) < 0 || PyUnicode_KIND(str) != PyUnicode_1BYTE_KIND) {
        return false;
    }
    *out = (struct gcn_slice){(const char *)PyUnicode_1BYTE_DATA(str),
                              (size_t)PyUnicode_GET_LENGTH(str)};
    return true;
}

/* A str whose characters are the bytes of `text`. NULL with an exception. GIL: held. */
static inline PyObject *gcn_py_str(struct gcn_slice text)
{
    return PyUnicode_DecodeLatin1(text.len == 0 ? "" : text.ptr, (Py_ssize_t)text.len, NULL);
}

#endif
