/* SPDX-License-Identifier: MIT */
/*
 * wsgi.file_wrapper: a real file goes by sendfile, anything else that has read() in large blocks.
 */
#ifndef GCORN_PYTHON_FILE_WRAPPER_H
#define GCORN_PYTHON_FILE_WRAPPER_H

#include "py.h"

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>

/* Make the type. -1 with an exception. GIL: held. */
GCN_MUST_CHECK int gcn_py_file_wrapper_types(void);

/* Give back io's types, which files are compared with. GIL: held. */
void gcn_py_file_wrapper_finish(void);

/* True for what wsgi.file_wrapper returns itself; a subclass may iterate as it likes. */
bool gcn_py_is_file_wrapper(PyObject *object);

/*
 * The descriptor behind `wrapper`, where the next byte is and how many there are. 1: found; 0: this
 * is not a plain file or seems to be at its end, read it; -1: exception. The descriptor is the file
 * object's. GIL: held.
 */
GCN_MUST_CHECK int gcn_py_file_wrapper_peek(PyObject *wrapper, int *fd, int64_t *offset,
                                            int64_t *left);

/*
 * What the wrapped object's read() gives for a large block, of no more than `max` bytes. New
 * reference. GIL: held.
 */
PyObject *gcn_py_file_wrapper_read(PyObject *wrapper, int64_t max);

#endif
