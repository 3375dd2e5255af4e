/* SPDX-License-Identifier: MIT */
/*
 * wsgi.errors. A print() writes its text and its line end apart, so text is kept until its line is
 * whole, the stream is flushed or the request ends.
 */
#include "errors_stream.h"

#include <string.h>

#include <gcorn/base/buf.h>
#include <gcorn/base/log.h>

#include "state.h"

/* A line that grows beyond this is logged as it is. */
enum { MAX_LINE_BYTES = 64 * 1024 };

/* Process. GIL: held. */
static struct {
    struct gcn_buf begun; /* text without its line end yet */
} stream;

/* The text is taken out first: a logger in Python lets other threads run, which write here, too. */
void gcn_py_errors_flush(void)
{
    if (GCN_LIKELY(stream.begun.len == 0)) {
        return;
    }
    struct gcn_buf line = stream.begun;
    stream.begun = (struct gcn_buf){0};
    if (gcn_log_level() <= GCN_LOG_ERROR) {
        gcn_log_text(GCN_LOG_ERROR, line.ptr, line.len);
    }
    gcn_buf_finish(&line);
}

/* Whole lines are logged in one piece, so that a traceback stays together. */
static void put(struct gcn_slice text)
{
    const char *end = text.len == 0 ? NULL : memrchr(text.ptr, '\n', text.len);

    if (end != NULL) {
        size_t whole = (size_t)(end - text.ptr);
        gcn_buf_append(&stream.begun, text.ptr, whole);
        gcn_py_errors_flush();
        text.ptr += whole + 1;
        text.len -= whole + 1;
    }
    gcn_buf_append(&stream.begun, text.ptr, text.len);
    if (stream.begun.len > MAX_LINE_BYTES) {
        gcn_py_errors_flush();
    }
}

static PyObject *errors_write(PyObject *Py_UNUSED(self), PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        return PyErr_Format(PyExc_TypeError, "wsgi.errors.write() takes a str, not %.100s",
                            Py_TYPE(text)->tp_name);
    }
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (bytes == NULL) {
        return NULL;
    }
    put((struct gcn_slice){PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)});
    Py_DECREF(bytes);
    return PyLong_FromSsize_t(PyUnicode_GET_LENGTH(text));
}

static PyObject *errors_writelines(PyObject *self, PyObject *lines)
{
    PyObject *line;
    PyObject *iterator = PyObject_GetIter(lines);

    if (iterator == NULL) {
        return NULL;
    }
    while ((line = PyIter_Next(iterator)) != NULL) {
        PyObject *written = errors_write(self, line);
        Py_DECREF(line);
        if (written == NULL) {
            break;
        }
        Py_DECREF(written);
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred() != NULL) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *errors_flush(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    gcn_py_errors_flush();
    Py_RETURN_NONE;
}

int gcn_py_errors_init(void)
{
    static PyMethodDef methods[] = {
        {"write", errors_write, METH_O, "write(text): to the error log"},
        {"writelines", errors_writelines, METH_O, "writelines(lines): write each"},
        {"flush", errors_flush, METH_NOARGS, "flush(): log a line that is not ended"},
        {NULL, NULL, 0, NULL},
    };
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"The error log, as a stream of text."},
        {Py_tp_methods, methods},
        {Py_tp_dealloc, (void *)gcn_py_plain_dealloc},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = "gcorn.errors",
        .basicsize = sizeof(PyObject),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
        .slots = slots,
    };
    gcn_py.types.errors = gcn_py_type_create(&spec);
    if (gcn_py.types.errors == NULL) {
        return -1;
    }
    gcn_py.errors = (PyObject *)PyObject_New(PyObject, gcn_py.types.errors);
    return gcn_py.errors != NULL ? 0 : -1;
}

void gcn_py_errors_finish(void)
{
    gcn_py_errors_flush();
    gcn_buf_finish(&stream.begun);
}
