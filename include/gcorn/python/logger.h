/* SPDX-License-Identifier: MIT */
/*
 * The logs, written by Python's logging: logconfig, logconfig_dict, logconfig_json, logger_class.
 * While a logger in Python is open, each line of the error log is a call of it, and each request
 * one of its access(). Without such a setting nothing of this costs anything.
 */
#ifndef GCORN_PYTHON_LOGGER_H
#define GCORN_PYTHON_LOGGER_H

#include <stdbool.h>
#include <stdint.h>

#include <gcorn/base/compiler.h>
#include <gcorn/base/error.h>

struct gcn_py_hooks;
struct gcn_settings;

/* True if Python's logging writes the logs of these settings. GIL: not needed. */
bool gcn_py_logger_wants(const struct gcn_settings *settings);

/* True if a class of the user's does, which then sends metrics itself or not. GIL: not needed. */
bool gcn_py_logger_is_custom(const struct gcn_settings *settings);

/*
 * Let the logger of the settings that `hooks` were made of write the logs; NULL, or settings that
 * want none: write them ourselves again. Nothing if that is so already. False with `err` if the
 * class or the configuration cannot be used: all is as before then. After gcn_log_open. GIL: taken
 * inside.
 */
GCN_MUST_CHECK bool gcn_py_logger_open(struct gcn_py_hooks *hooks, struct gcn_error *err);

/*
 * Warn if config file, hooks or app have given gunicorn's loggers what has no effect, because we
 * write the lines ourselves. After the app is loaded. GIL: taken inside.
 */
void gcn_py_logger_warn(const struct gcn_settings *settings);

/*
 * Whether the class and the configuration of the settings that `hooks` were made of can be read,
 * with no effect: no file is opened, no daemon is told. GIL: taken inside.
 */
GCN_MUST_CHECK bool gcn_py_logger_check(const struct gcn_py_hooks *hooks, struct gcn_error *err);

/*
 * USR1: have the logger open its files again. GIL: taken inside, by another thread if this one
 * defers.
 */
void gcn_py_logger_reopen(void);

/*
 * This thread never takes the interpreter for a line (it is the loop of app calls in other
 * threads): lines wait for a thread that does. GIL: not needed.
 */
void gcn_py_logger_defer(bool defers);

/* True if lines wait: call gcn_py_logger_relieve within some hundred ms. GIL: not needed. */
bool gcn_py_logger_is_waiting(void);

/*
 * Write the lines that have waited a second by `now_ms` (monotonic) to the error log ourselves:
 * somebody keeps the interpreter. GIL: not needed.
 */
void gcn_py_logger_relieve(int64_t now_ms);

/* The process ends without the interpreter: write what still waits ourselves. GIL: not held. */
void gcn_py_logger_abandon(void);

/*
 * A metric of the arbiter's, told to a logger of the user's class as gunicorn does.
 *   type  "gauge" or "histogram"
 * GIL: taken inside. Harmless if there is no such logger.
 */
void gcn_py_logger_metric(const char *name, const char *type, int64_t value);

#endif
