/* SPDX-License-Identifier: MIT */
/*
 * Our own Python modules (pylib/), which are part of the program.
 */
#ifndef GCORN_PYTHON_PYLIB_H
#define GCORN_PYTHON_PYLIB_H

#include "py.h"

#include <stddef.h>

/* Process, constant. Made from the sources by src/cmake/GcornEmbed.cmake. */
struct gcn_pylib_module {
    const char *name;            /* "appspec" for pylib/appspec.py */
    const unsigned char *source; /* NUL-terminated */
    size_t len;                  /* without the NUL */
};

/* The last one has a name of NULL. */
extern const struct gcn_pylib_module gcn_pylib_modules[];

/* The module pylib/<name>.py, executed at the first call. New reference; NULL with an exception.
   GIL: held. */
PyObject *gcn_pylib_import(const char *name);

/*
 * Call `function` of pylib/<module>.py with one argument, or none if it is NULL. New reference;
 * NULL with an exception. GIL: held.
 */
PyObject *gcn_pylib_call(const char *module, const char *function, PyObject *argument);

#endif
