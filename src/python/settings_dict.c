/* SPDX-License-Identifier: MIT */
/*
 * A generation of settings as a dictionary.
 */
#include "settings_dict.h"

#include <gcorn/config/table.h>

#include "state.h"

PyObject *gcn_py_text_or_none(const char *text)
{
    return text == NULL ? Py_NewRef(Py_None) : PyUnicode_DecodeFSDefault(text);
}

PyObject *gcn_py_strings_list(const struct gcn_strings *strings)
{
    PyObject *list = PyList_New((Py_ssize_t)strings->n);

    for (size_t i = 0; list != NULL && i < strings->n; i++) {
        PyObject *text = PyUnicode_DecodeFSDefault(strings->items[i]);
        if (text == NULL) {
            Py_CLEAR(list);
        } else {
            PyList_SET_ITEM(list, (Py_ssize_t)i, text);
        }
    }
    return list;
}

static PyObject *dict_of(const struct gcn_pairs *pairs)
{
    PyObject *dict = PyDict_New();

    for (size_t i = 0; dict != NULL && i < pairs->n; i++) {
        PyObject *key = PyUnicode_DecodeFSDefault(pairs->items[i].key);
        PyObject *value = key == NULL ? NULL : PyUnicode_DecodeFSDefault(pairs->items[i].value);
        if (value == NULL || PyDict_SetItem(dict, key, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return dict;
}

static PyObject *object_of(const struct gcn_pyref *ref)
{
    return ref->object != NULL ? Py_NewRef((PyObject *)ref->object)
                               : gcn_py_text_or_none(ref->text);
}

/* The word that stands at the index of an ENUM. */
static PyObject *choice_of(const struct gcn_setting *row, int index)
{
    struct gcn_slice word, rest = gcn_slice_of(row->choices);

    do {
        gcn_slice_cut(rest, ' ', &word, &rest);
    } while (index-- > 0);
    return gcn_py_str(word);
}

static PyObject *value_of(const struct gcn_setting *row, const void *member)
{
    switch (row->kind) {
    case GCN_KIND_BOOL:
        return PyBool_FromLong(*(const bool *)member);
    case GCN_KIND_INT:
    case GCN_KIND_SECONDS:
    case GCN_KIND_SIZE:
    case GCN_KIND_MODE:
    case GCN_KIND_USER:
    case GCN_KIND_GROUP:
        return PyLong_FromLongLong(*(const int64_t *)member);
    case GCN_KIND_MILLIS:
        return PyFloat_FromDouble((double)*(const int64_t *)member / 1000.0);
    case GCN_KIND_ENUM:
        return choice_of(row, *(const int *)member);
    case GCN_KIND_STRING:
    case GCN_KIND_PATH:
    case GCN_KIND_DIR:
    case GCN_KIND_ANY:
        return gcn_py_text_or_none(*(const char *const *)member);
    case GCN_KIND_LIST:
    case GCN_KIND_CSV:
    case GCN_KIND_ADDRS:
        return gcn_py_strings_list(member);
    case GCN_KIND_DICT:
        return dict_of(member);
    case GCN_KIND_TREE:
    case GCN_KIND_HOOK:
    case GCN_KIND_CLASS:
        return object_of(member);
    }
    PyErr_Format(PyExc_SystemError, "the setting %s is of an unknown kind", row->name);
    return NULL;
}

PyObject *gcn_py_settings_dict(const struct gcn_settings *settings)
{
    PyObject *dict = PyDict_New();

    for (int id = 0; dict != NULL && id < GCN_N_SETTINGS; id++) {
        const struct gcn_setting *row = gcn_setting_get((enum gcn_setting_id)id);
        PyObject *value = value_of(row, (const char *)settings + row->offset);
        if (value == NULL || PyDict_SetItemString(dict, row->name, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(value);
    }
    return dict;
}
