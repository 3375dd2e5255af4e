/* SPDX-License-Identifier: MIT */
/*
 * Config files as the interpreter's end and the environ see them.
 */
#ifndef GCORN_PYTHON_CONFIGFILE_PRIVATE_H
#define GCORN_PYTHON_CONFIGFILE_PRIVATE_H

#include "py.h"

/* Drop what generations of settings refer to. GIL: held. */
void gcn_py_config_finish(void);

/*
 * What a config file has assigned to gunicorn.<name> (SERVER or SERVER_SOFTWARE), as a str, or
 * NULL: with an exception only if one is set. New reference. GIL: held.
 */
PyObject *gcn_py_config_identity(const char *name);

#endif
