/* SPDX-License-Identifier: MIT */
/*
 * Whether a dictionary was changed between two moments. Before Python 3.12 each has a number of its
 * own that is new after each change (PEP 509); from then on changes are told to a watcher.
 */
#ifndef GCORN_PYTHON_CHANGES_H
#define GCORN_PYTHON_CHANGES_H

#include "py.h"

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>

#include "state.h"

#if PY_VERSION_HEX < 0x030C0000

static inline void gcn_py_changes_init(void)
{
}

static inline bool gcn_py_changes_are_told(void)
{
    return true;
}

GCN_MUST_CHECK static inline int gcn_py_changes_watch(GCN_UNUSED PyObject *dict)
{
    return 0;
}

static inline uint64_t gcn_py_changes(PyObject *dict)
{
    return ((PyDictObject *)dict)->ma_version_tag;
}

static inline uint64_t gcn_py_changes_disown(PyObject *dict, GCN_UNUSED uint64_t was)
{
    return gcn_py_changes(dict);
}

#else

/* Become a watcher of dictionaries, if there may be another. GIL: held. */
void gcn_py_changes_init(void);

/* False if there might not: then nothing is known of changes. GIL: held. */
static inline bool gcn_py_changes_are_told(void)
{
    return gcn_py.dict_watcher >= 0;
}

/* `dict` will be asked about, if there is an answer. -1 with an exception. GIL: held. */
GCN_MUST_CHECK static inline int gcn_py_changes_watch(PyObject *dict)
{
    return gcn_py_changes_are_told() ? PyDict_Watch(gcn_py.dict_watcher, dict) : 0;
}

/* The same number as before: `dict`, which is watched, has not been changed since. GIL: held. */
static inline uint64_t gcn_py_changes(GCN_UNUSED PyObject *dict)
{
    return gcn_py.dict_changes; /* of any of them, so another number may mean nothing */
}

/*
 * All changes since the number was `was` are ours and count for nothing. Returns the number that
 * `dict` has then. GIL: held since then.
 */
static inline uint64_t gcn_py_changes_disown(GCN_UNUSED PyObject *dict, uint64_t was)
{
    gcn_py.dict_changes = was;
    return was;
}

#endif

#endif
