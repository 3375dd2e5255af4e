/* SPDX-License-Identifier: MIT */
/*
 * The watcher of dictionaries that newer Pythons tell of changes.
 */
#include "changes.h"

#if PY_VERSION_HEX >= 0x030C0000

/* PyDict_WatchCallback. A dictionary that goes cannot be asked about any more. */
static int on_event(PyDict_WatchEvent event, GCN_UNUSED PyObject *dict, GCN_UNUSED PyObject *key,
                    GCN_UNUSED PyObject *value)
{
    gcn_py.dict_changes += event != PyDict_EVENT_DEALLOCATED;
    return 0;
}

void gcn_py_changes_init(void)
{
    gcn_py.dict_watcher = PyDict_AddWatcher(on_event);
    if (gcn_py.dict_watcher < 0) { /* there are eight places, all taken */
        PyErr_Clear();
    }
}

#endif
