/* SPDX-License-Identifier: MIT */
/*
 * The one door to CPython's headers, with the oldest version that gcorn is built against.
 */
#ifndef GCORN_PYTHON_PY_H
#define GCORN_PYTHON_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#if PY_VERSION_HEX < 0x03090000
#error "gcorn needs CPython 3.9 or later"
#endif

#ifdef Py_GIL_DISABLED
#error "gcorn needs a CPython with the GIL: choose another with -DPython3_EXECUTABLE=..."
#endif

#include "compat.h"

#endif
