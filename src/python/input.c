/* SPDX-License-Identifier: MIT */
/*
 * wsgi.input. Nothing here waits for the client. A body in memory is copied once, into the bytes
 * that the app gets; one in a file is read into them, or through a window when the pieces are
 * small.
 * PEP 3333, "Input and Error Streams".
 */
#include "input.h"

#include <errno.h>
#include <string.h>

#include <gcorn/base/mem.h>
#include <gcorn/http/body.h>

#include "call.h"
#include "state.h"

enum { WINDOW_BYTES = 64 * 1024 };

/* The call, or NULL with an exception if its request is over. */
static struct gcn_py_call *call_of(PyObject *self)
{
    struct gcn_py_call *call = ((struct gcn_py_bound *)self)->call;

    if (call == NULL) {
        PyErr_SetString(PyExc_ValueError, "wsgi.input was read after its request had ended");
    }
    return call;
}

/*
 * Read exactly `n` bytes at `offset` of a body in a file. The GIL is released; call->readers keeps
 * the file open meanwhile.
 */
static int read_file(struct gcn_py_call *call, int64_t offset, char *out, int64_t n)
{
    const struct gcn_body *body = &call->req->body;
    ssize_t got = 1;

    call->readers++;
    Py_BEGIN_ALLOW_THREADS
    errno = EIO; /* the file ends before the body does */
    while (n > 0 && (got = gcn_body_read(body, offset, out, (size_t)n)) > 0) {
        offset += got;
        out += got;
        n -= got;
    }
    Py_END_ALLOW_THREADS
    call->readers--;
    if (got <= 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Make the window begin at `offset`. The old one stays whole until the new one is. */
static int move_window(struct gcn_py_call *call, int64_t offset)
{
    int64_t left = call->req->body.len - offset;
    int64_t n = left < WINDOW_BYTES ? left : WINDOW_BYTES;
    char *bytes = gcn_alloc(WINDOW_BYTES);

    if (read_file(call, offset, bytes, n) < 0) {
        gcn_free(bytes);
        return -1;
    }
    gcn_free(call->window);
    call->window = bytes;
    call->window_at = offset;
    call->window_len = n;
    return 0;
}

/* Bytes of the body from `offset` (before its end) on; at least one. NULL with an exception. */
static const char *span(struct gcn_py_call *call, int64_t offset, int64_t *len)
{
    const struct gcn_body *body = &call->req->body;

    if (body->fd < 0) {
        *len = body->len - offset;
        return body->ptr + offset;
    }
    if ((offset < call->window_at || offset >= call->window_at + call->window_len) &&
        move_window(call, offset) < 0) {
        return NULL;
    }
    *len = call->window_at + call->window_len - offset;
    return call->window + (offset - call->window_at);
}

/* The `n` bytes from `at` on, which are there, as an object; the input then stands behind them. */
static PyObject *take(struct gcn_py_call *call, int64_t at, int64_t n)
{
    call->body_at = at + n;
    if (n == 0) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    if (call->req->body.fd < 0 || n < WINDOW_BYTES) {
        int64_t len;
        const char *bytes = span(call, at, &len);
        if (bytes == NULL) {
            return NULL;
        }
        if (len >= n) {
            return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)n);
        }
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)n);
    if (result != NULL && read_file(call, at, PyBytes_AS_STRING(result), n) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *take_line(struct gcn_py_call *call, int64_t limit)
{
    int64_t at = call->body_at;
    int64_t left = call->req->body.len - at;
    int64_t max = limit < 0 || limit > left ? left : limit;
    int64_t n = 0;

    while (n < max) {
        int64_t len;
        const char *bytes = span(call, at + n, &len);
        if (bytes == NULL) {
            return NULL;
        }
        len = len < max - n ? len : max - n;
        const char *end = memchr(bytes, '\n', (size_t)len);
        if (end != NULL) {
            n += end - bytes + 1;
            break;
        }
        n += len;
    }
    return take(call, at, n);
}

/* How a method with one optional argument may be called. */
struct signature {
    const char *method;
    const char *keyword, *synonym; /* what the argument is called */
};

static bool has_keyword(const struct signature *signature, PyObject *kwnames)
{
    PyObject *name_borrowed = PyTuple_GET_ITEM(kwnames, 0);

    return PyUnicode_CompareWithASCIIString(name_borrowed, signature->keyword) == 0 ||
           PyUnicode_CompareWithASCIIString(name_borrowed, signature->synonym) == 0;
}

/*
 * The arguments are none, or that one, by its place or by its name: then it is args[0]. -1 with an
 * exception.
 */
static int check_arguments(const struct signature *signature, Py_ssize_t nargs, PyObject *kwnames)
{
    Py_ssize_t n = nargs + (kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames));

    if (n > 1) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most one argument, %zd given",
                     signature->method, n);
        return -1;
    }
    if (n > nargs && !has_keyword(signature, kwnames)) {
        PyErr_Format(PyExc_TypeError, "%s() takes no keyword %R, but %s", signature->method,
                     PyTuple_GET_ITEM(kwnames, 0), signature->keyword);
        return -1;
    }
    return (int)n;
}

/*
 * The size that a method is given: -1 for None, a negative number or no argument. -1 with an
 * exception.
 */
static int parse_size(const struct signature *signature, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames, int64_t *size)
{
    int n = check_arguments(signature, nargs, kwnames);

    *size = -1;
    if (n <= 0 || args[0] == Py_None) {
        return n < 0 ? -1 : 0;
    }
    if (!PyIndex_Check(args[0])) {
        PyErr_Format(PyExc_TypeError, "%s() takes an int or None, not %.100s", signature->method,
                     Py_TYPE(args[0])->tp_name);
        return -1;
    }
    *size = PyNumber_AsSsize_t(args[0], NULL); /* clipped, which means the same here */
    return *size == -1 && PyErr_Occurred() != NULL ? -1 : 0;
}

static PyObject *input_read(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    static const struct signature signature = {"read", "size", "size"};
    struct gcn_py_call *call;
    int64_t size;

    if (parse_size(&signature, args, nargs, kwnames, &size) < 0 || (call = call_of(self)) == NULL) {
        return NULL;
    }
    int64_t left = call->req->body.len - call->body_at;
    return take(call, call->body_at, size < 0 || size > left ? left : size);
}

static PyObject *input_readline(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    static const struct signature signature = {"readline", "size", "size"};
    struct gcn_py_call *call;
    int64_t size;

    if (parse_size(&signature, args, nargs, kwnames, &size) < 0 || (call = call_of(self)) == NULL) {
        return NULL;
    }
    return take_line(call, size);
}

static PyObject *input_next(PyObject *self)
{
    struct gcn_py_call *call = call_of(self);

    if (call == NULL || call->body_at >= call->req->body.len) {
        return NULL;
    }
    return take_line(call, -1);
}

/*
 * The hint is ignored whatever it is, as PEP 3333 allows and gunicorn does, where it is called
 * size.
 */
static PyObject *input_readlines(PyObject *self, GCN_UNUSED PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames)
{
    static const struct signature signature = {"readlines", "hint", "size"};

    if (check_arguments(&signature, nargs, kwnames) < 0 || call_of(self) == NULL) {
        return NULL;
    }
    return PySequence_List(self);
}

PyObject *gcn_py_input_create(void)
{
    return gcn_py_bound_create(gcn_py.types.input, NULL);
}

int gcn_py_input_types(void)
{
    static PyMethodDef methods[] = {
        {"read", (PyCFunction)(void (*)(void))input_read, METH_FASTCALL | METH_KEYWORDS,
         "read(size=-1): up to size bytes, all that is left without one"},
        {"readline", (PyCFunction)(void (*)(void))input_readline, METH_FASTCALL | METH_KEYWORDS,
         "readline(size=-1): up to and with the next line end, at most size bytes"},
        {"readlines", (PyCFunction)(void (*)(void))input_readlines, METH_FASTCALL | METH_KEYWORDS,
         "readlines(hint=-1): the lines that are left, as a list"},
        {NULL, NULL, 0, NULL},
    };
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)"The body of the request."}, {Py_tp_methods, methods},
        {Py_tp_iter, (void *)PyObject_SelfIter},         {Py_tp_iternext, (void *)input_next},
        {Py_tp_dealloc, (void *)gcn_py_plain_dealloc},   {0, NULL},
    };
    PyType_Spec spec = {
        .name = "gcorn.input",
        .basicsize = sizeof(struct gcn_py_bound),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
        .slots = slots,
    };
    gcn_py.types.input = gcn_py_type_create(&spec);
    return gcn_py.types.input != NULL ? 0 : -1;
}
