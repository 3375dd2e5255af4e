/* SPDX-License-Identifier: MIT */
/*
 * The one place where an exception becomes a log line.
 */
#include "exceptions.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pylib.h"
#include "state.h"

/* Append a str; what UTF-8 has no bytes for (lone surrogates) is escaped. */
static bool append_str(struct gcn_buf *out, PyObject *text)
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

    if (!append_str(out, text)) {
        append_type(out, exc);
    }
    Py_XDECREF(text);
}

void gcn_py_print_exception(struct gcn_buf *out)
{
    PyObject *exc = PyErr_GetRaisedException();
    PyObject *text = gcn_pylib_call("report", "summary", exc);

    if (!append_str(out, text)) {
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

    if (exc != NULL && level >= gcn_log_level()) {
        va_start(args, heading);
        vsnprintf(line, sizeof(line), heading, args);
        va_end(args);
        gcn_buf_append_str(&text, line);
        gcn_buf_append_byte(&text, '\n');
        append_traceback(&text, exc);
        while (text.len > 0 && text.ptr[text.len - 1] == '\n') {
            text.len--;
        }
        gcn_log_text(level, text.ptr, text.len);
        gcn_buf_finish(&text);
    }
    Py_XDECREF(exc);
}
