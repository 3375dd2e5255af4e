/* SPDX-License-Identifier: MIT */
/*
 * The one place where an exception becomes a log line.
 */
#include "exceptions.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gcorn/proc/exitcode.h>

#include "logger.h"
#include "pylib.h"
#include "state.h"

bool gcn_py_append_str(struct gcn_buf *out, PyObject *text)
{
    PyObject *bytes =
        text == NULL ? NULL : PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");

    if (bytes == NULL) {
        PyErr_Clear(); /* of the reporting itself: the caller has the exception that matters */
        return false;
    }
    gcn_buf_append(out, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return true;
}

/* Enough to find the place even if the traceback module cannot be used. */
static void append_type(struct gcn_buf *out, PyObject *exc)
{
    gcn_buf_append_str(out, Py_TYPE(exc)->tp_name);
}

static void append_traceback(struct gcn_buf *out, PyObject *exc)
{
    PyObject *text = gcn_pylib_call("report", "traceback_text", exc);

    if (!gcn_py_append_str(out, text)) {
        append_type(out, exc);
    }
    Py_XDECREF(text);
}

void gcn_py_print_exception(struct gcn_buf *out)
{
    PyObject *exc = PyErr_GetRaisedException();
    PyObject *text = gcn_pylib_call("report", "summary", exc);

    if (!gcn_py_append_str(out, text)) {
        append_type(out, exc);
    }
    Py_XDECREF(text);
    PyErr_SetRaisedException(exc);
}

void gcn_py_log_exception(enum gcn_log_level level, const char *heading, ...)
{
    PyObject *exc = PyErr_GetRaisedException();
    struct gcn_buf text = {0};
    char line[512];
    va_list args;

    if (exc == NULL || level < gcn_log_level()) {
        Py_XDECREF(exc);
        return;
    }
    va_start(args, heading);
    vsnprintf(line, sizeof(line), heading, args);
    va_end(args);
    if (!gcn_py_logger_exception(level, line, exc)) {
        gcn_buf_append_str(&text, line);
        gcn_buf_append_byte(&text, '\n');
        append_traceback(&text, exc);
        gcn_log_text(level, text.ptr, text.len);
        gcn_buf_finish(&text);
    }
    Py_DECREF(exc);
}

/* Log the traceback of code that failed by itself. */
static void log_traceback(PyObject *text)
{
    struct gcn_buf bytes = {0};

    if (text != Py_None && gcn_py_append_str(&bytes, text)) {
        gcn_log_text(GCN_LOG_ERROR, bytes.ptr, bytes.len);
    }
    gcn_buf_finish(&bytes);
}

void gcn_py_explain(const char *module, const char *subject, struct gcn_error *err, int *code)
{
    PyObject *exc = PyErr_GetRaisedException();
    PyObject *shown = PyUnicode_DecodeFSDefault(subject);
    PyObject *pair = shown == NULL ? NULL : PyTuple_Pack(2, shown, exc);
    PyObject *answer = gcn_pylib_call_steal(module, "explain", pair);
    PyObject *message_borrowed, *traceback_borrowed;
    struct gcn_buf text = {0};

    *code = GCN_EXIT_BOOT;
    if (answer != NULL &&
        PyArg_ParseTuple(answer, "iUO", code, &message_borrowed, &traceback_borrowed) &&
        gcn_py_append_str(&text, message_borrowed)) {
        log_traceback(traceback_borrowed);
        gcn_error_set(err, "%s", text.ptr);
    } else { /* explaining failed: what was to be explained says more */
        PyErr_SetRaisedException(Py_NewRef(exc));
        gcn_py_print_exception(&text);
        PyErr_Clear();
        gcn_error_set(err, "%s: %s", subject, text.ptr);
    }
    gcn_buf_finish(&text);
    Py_XDECREF(answer);
    Py_XDECREF(shown);
    Py_XDECREF(exc);
}

int gcn_py_exit_code(void)
{
    if (!PyErr_ExceptionMatches(PyExc_SystemExit)) {
        return -1;
    }
    PyObject *exc = PyErr_GetRaisedException();
    PyObject *number = gcn_pylib_call("report", "exit_code", exc);
    long code = number == NULL ? -1 : PyLong_AsLong(number);

    if (code < 0) {
        PyErr_Clear();
        code = GCN_EXIT_ERROR;
    }
    Py_XDECREF(number);
    PyErr_SetRaisedException(exc);
    return (int)code;
}
