/* SPDX-License-Identifier: MIT */
/*
 * The module "_gcorn": what our embedded Python modules ask of the C side.
 */
#ifndef GCORN_PYTHON_NATIVE_H
#define GCORN_PYTHON_NATIVE_H

#include <gcorn/base/compiler.h>

/* Put it into sys.modules. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_native_init(void);

#endif
