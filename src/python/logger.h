/* SPDX-License-Identifier: MIT */
/*
 * The logger in Python as the rest of the module sees it.
 */
#ifndef GCORN_PYTHON_LOGGER_PRIVATE_H
#define GCORN_PYTHON_LOGGER_PRIVATE_H

#include "py.h"

#include <stdbool.h>

#include <gcorn/base/log.h>
#include <gcorn/python/logger.h>

struct gcn_py_call;

/* True while a logger in Python writes the logs. GIL: held. */
bool gcn_py_logger_is_open(void);

/*
 * Have it log an exception, which stays the caller's. False if there is none that could. GIL: held.
 */
bool gcn_py_logger_exception(enum gcn_log_level level, const char *heading, PyObject *exc);

/*
 * Call its access() for a request that has ended, with the objects that hooks see. What it raises
 * is logged. GIL: held.
 */
void gcn_py_logger_access(const struct gcn_py_call *call, PyObject *req, PyObject *env);

/* Hand over what waits and go back to our own log, before the interpreter ends. GIL: held. */
void gcn_py_logger_finish(void);

/* In a forked child: nothing waits, and nobody else is there. GIL: held. */
void gcn_py_logger_after_fork(void);

#endif
