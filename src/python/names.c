/* SPDX-License-Identifier: MIT */
/*
 * The strings that every request needs, made and interned once.
 */
#include "names.h"

#include <stddef.h>

static const struct {
    size_t offset;
    const char *text;
} rows[] = {
#define NAME(member, text) {offsetof(struct gcn_py_names, member), text},
    GCN_PY_NAMES(NAME)
#undef NAME
};

static PyObject **slot_of(struct gcn_py_names *names, size_t row)
{
    return (PyObject **)(void *)((char *)names + rows[row].offset);
}

int gcn_py_names_init(struct gcn_py_names *names)
{
    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        *slot_of(names, i) = PyUnicode_InternFromString(rows[i].text);
        if (*slot_of(names, i) == NULL) {
            return -1;
        }
    }
    return 0;
}
