/* SPDX-License-Identifier: MIT */
/*
 * Our own Python modules (pylib/), which are part of the program.
 */
#ifndef GCORN_PYTHON_PYLIB_H
#define GCORN_PYTHON_PYLIB_H

#include "py.h"

#include <stddef.h>

#include <gcorn/base/compiler.h>

/* Process, constant. Made from the sources by src/cmake/GcornEmbed.cmake. */
struct gcn_pylib_module {
    const char *name;            /* "appspec" for pylib/appspec.py */
    const unsigned char *source; /* NUL-terminated */
    size_t len;                  /* without the NUL */
};

/* The last one has a name of NULL. */
extern const struct gcn_pylib_module gcn_pylib_modules[];

/* The embedded file pylib/<name>.py, or NULL. GIL: not needed. */
const struct gcn_pylib_module *gcn_pylib_find(const char *name);

/*
 * Make "_gcorn_<name>" importable from Python, for every embedded file, and "gunicorn" where that
 * package is not installed. -1 with an exception. GIL: held.
 */
GCN_MUST_CHECK int gcn_pylib_init(void);

/* The module pylib/<name>.py. New reference; NULL with an exception. GIL: held. */
PyObject *gcn_pylib_import(const char *name);

/*
 * Call `function` of pylib/<module>.py with one argument, or none if it is NULL. New reference;
 * NULL with an exception. GIL: held.
 */
PyObject *gcn_pylib_call(const char *module, const char *function, PyObject *argument);

/*
 * The same with an argument whose reference it takes over. NULL if that could not be made: then
 * nothing is called, and the exception is the one there is.
 */
PyObject *gcn_pylib_call_steal(const char *module, const char *function, PyObject *argument);

#endif
