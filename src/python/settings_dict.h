/* SPDX-License-Identifier: MIT */
/*
 * A generation of settings as a dictionary: what `cfg` is made of.
 */
#ifndef GCORN_PYTHON_SETTINGS_DICT_H
#define GCORN_PYTHON_SETTINGS_DICT_H

#include "py.h"

struct gcn_settings;
struct gcn_strings;

/*
 * {name: value} with every setting, each of the type that gunicorn has for it; hooks and classes
 * are the object, else its name. New reference; NULL with an exception. GIL: held.
 */
PyObject *gcn_py_settings_dict(const struct gcn_settings *settings);

/* ["text"]. New reference; NULL with an exception. GIL: held. */
PyObject *gcn_py_strings_list(const struct gcn_strings *strings);

/* A text of the settings as str, or None for NULL. NULL with an exception. GIL: held. */
PyObject *gcn_py_text_or_none(const char *text);

#endif
