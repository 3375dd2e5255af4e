/* SPDX-License-Identifier: MIT */
/*
 * The one interpreter's state, and what all our types have in common.
 */
#include "state.h"

struct gcn_py_state gcn_py;

PyTypeObject *gcn_py_type_create(PyType_Spec *spec)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromSpec(spec);

#if PY_VERSION_HEX < 0x030A0000
    if (type != NULL) {
        type->tp_new = NULL; /* what Py_TPFLAGS_DISALLOW_INSTANTIATION does from 3.10 on */
    }
#endif
    return type;
}

void gcn_py_plain_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_Free(self);
    Py_DECREF(type);
}
