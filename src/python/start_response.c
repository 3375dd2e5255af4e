/* SPDX-License-Identifier: MIT */
/*
 * start_response, write and early_hints: what the app says goes straight into the response, which
 * judges it. PEP 3333, "The start_response() Callable".
 */
#include "start_response.h"

#include <stddef.h>

#include <gcorn/base/log.h>
#include <gcorn/http/response.h>

#include "call.h"
#include "later.h"
#include "state.h"

void gcn_py_bytes_retain(void *bytes)
{
    Py_INCREF((PyObject *)bytes);
}

void gcn_py_bytes_release(void *bytes)
{
    gcn_py_decref_later(bytes);
}

static int refuse_late(const char *what)
{
    PyErr_Format(PyExc_RuntimeError, "%s was called after its response had ended", what);
    return -1;
}

/*
 * Raise for what the response did not take. `value` may be NULL. A str of a class of its own may
 * drop the list that both come from while it is printed.
 */
static int raise_fault(const char *what, enum gcn_response_fault fault, PyObject *name,
                       PyObject *value)
{
    Py_INCREF(name);
    Py_XINCREF(value);
    if (value == NULL) {
        PyErr_Format(PyExc_ValueError, "%s: %s, not %R", what, gcn_response_fault_text(fault),
                     name);
    } else {
        PyErr_Format(PyExc_ValueError, "%s: %s: %R: %R", what, gcn_response_fault_text(fault), name,
                     value);
    }
    Py_DECREF(name);
    Py_XDECREF(value);
    return -1;
}

static int raise_not_native(const char *what, PyObject *object)
{
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be a str, not %.100s", what,
                     Py_TYPE(object)->tp_name);
    } else if (PyErr_Occurred() == NULL) {
        PyErr_Format(PyExc_ValueError, "%s has characters outside of Latin-1: %R", what, object);
    }
    return -1;
}

/* The bytes of a native string; otherwise a TypeError or ValueError that says what it is for. */
static inline int native(const char *what, PyObject *object, struct gcn_slice *out)
{
    return PyUnicode_Check(object) && gcn_py_latin1(object, out) ? 0
                                                                : raise_not_native(what, object);
}

static int put_status(struct gcn_response *res, PyObject *status)
{
    struct gcn_slice text;

    if (native("start_response(): the status", status, &text) < 0) {
        return -1;
    }
    enum gcn_response_fault fault = gcn_response_begin(res, text);
    return fault == GCN_RESPONSE_OK ? 0 : raise_fault("start_response()", fault, status, NULL);
}

static inline bool is_pair(PyObject *object)
{
    return PyTuple_Check(object) && PyTuple_GET_SIZE(object) == 2;
}

/* A list of tuples of two, as PEP 3333 asks for: to read it runs no Python. */
static bool are_plain(PyObject *headers)
{
    if (!PyList_CheckExact(headers)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++) {
        if (!is_pair(PyList_GET_ITEM(headers, i))) {
            return false;
        }
    }
    return true;
}

/* (name, value) of what can be unpacked so. A new reference, or NULL with an exception. */
static PyObject *make_pair(const char *what, PyObject *object)
{
    PyObject *pair = PySequence_Tuple(object);

    if (pair != NULL && PyTuple_GET_SIZE(pair) == 2) {
        return pair;
    }
    if (pair != NULL || PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Format(PyExc_TypeError, "%s: a header must be a pair (name, value), not %.200R", what,
                     object);
    }
    Py_XDECREF(pair);
    return NULL;
}

/*
 * The plain list of any iterable of pairs, which gunicorn takes, too: a tuple, dict.items(), a
 * generator. Runs Python: afterwards the call may be over, and start_response or write() may have
 * been called. A new reference, or NULL with an exception.
 */
static PyObject *make_plain(const char *what, PyObject *headers)
{
    PyObject *iterator = PyObject_GetIter(headers);
    PyObject *pairs = iterator == NULL ? NULL : PyList_New(0);
    PyObject *item;

    if (iterator == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Format(PyExc_TypeError, "%s: the headers must be a list of pairs, not %.100s", what,
                     Py_TYPE(headers)->tp_name);
    }
    while (pairs != NULL && (item = PyIter_Next(iterator)) != NULL) {
        PyObject *pair = make_pair(what, item);
        if (pair == NULL || PyList_Append(pairs, pair) < 0) {
            Py_CLEAR(pairs);
        }
        Py_XDECREF(pair);
        Py_DECREF(item);
    }
    if (pairs != NULL && PyErr_Occurred() != NULL) {
        Py_CLEAR(pairs);
    }
    Py_XDECREF(iterator);
    return pairs;
}

/* `pair` is one. */
static int put_field(struct gcn_response *res, PyObject *pair)
{
    struct gcn_slice name, value;
    PyObject *name_borrowed = PyTuple_GET_ITEM(pair, 0);
    PyObject *value_borrowed = PyTuple_GET_ITEM(pair, 1);
    if (native("start_response(): a header's name", name_borrowed, &name) < 0 ||
        native("start_response(): a header's value", value_borrowed, &value) < 0) {
        return -1;
    }
    enum gcn_response_fault fault = gcn_response_field(res, name, value);
    return GCN_LIKELY(fault == GCN_RESPONSE_OK)
               ? 0
               : raise_fault("start_response()", fault, name_borrowed, value_borrowed);
}

/* Raise what `exc_info` holds: the response has begun to leave, so it cannot be replaced. */
static int raise_exc_info(PyObject *exc_info)
{
    PyObject *value_borrowed = PyTuple_GET_ITEM(exc_info, 1);
    PyObject *traceback_borrowed = PyTuple_GET_ITEM(exc_info, 2);

    if (!PyExceptionInstance_Check(value_borrowed)) {
        PyErr_SetString(PyExc_TypeError, "start_response(): exc_info[1] must be an exception");
        return -1;
    }
    if (traceback_borrowed != Py_None &&
        PyException_SetTraceback(value_borrowed, traceback_borrowed) < 0) {
        return -1;
    }
    PyErr_SetRaisedException(Py_NewRef(value_borrowed));
    return -1;
}

/* May start_response be called as things stand? */
static int check_order(const struct gcn_py_call *call, PyObject *exc_info)
{
    if (exc_info == NULL || exc_info == Py_None) {
        if (call->started || call->res->head_sent) {
            PyErr_SetString(PyExc_AssertionError, "start_response() was called a second time "
                                                  "without exc_info");
            return -1;
        }
        return 0;
    }
    if (!PyTuple_Check(exc_info) || PyTuple_GET_SIZE(exc_info) != 3) {
        PyErr_Format(PyExc_TypeError,
                     "start_response(): exc_info must be the tuple of "
                     "sys.exc_info(), not %R",
                     exc_info);
        return -1;
    }
    return call->res->head_sent ? raise_exc_info(exc_info) : 0;
}

/*
 * What may run Python comes last: other threads run then, and one of them may end the call, or this
 * one may come here again.
 */
static PyObject *finish_start(struct gcn_py_call *call, PyObject *headers)
{
    PyObject *write = Py_NewRef(call->write);
    uint16_t dropped = call->res->dropped;

    if (GCN_UNLIKELY(call->keep_headers)) {
        Py_XSETREF(call->headers, Py_NewRef(headers));
    }
    if (GCN_UNLIKELY(dropped != 0)) {
        gcn_response_tell_dropped(dropped);
    }
    return write;
}

static PyObject *start(struct gcn_py_bound *self, PyObject *status, PyObject *headers,
                       PyObject *exc_info);

/* From the beginning, with plain headers. */
static PyObject *start_plainly(struct gcn_py_bound *self, PyObject *status, PyObject *headers,
                               PyObject *exc_info)
{
    PyObject *pairs = make_plain("start_response()", headers);
    PyObject *write = pairs == NULL ? NULL : start(self, status, pairs, exc_info);

    Py_XDECREF(pairs);
    return write;
}

/* No Python runs before all of plain headers is read. */
static PyObject *start(struct gcn_py_bound *self, PyObject *status, PyObject *headers,
                       PyObject *exc_info)
{
    struct gcn_py_call *call = self->call;

    if (call == NULL) {
        refuse_late("start_response()");
        return NULL;
    }
    if (check_order(call, exc_info) < 0) {
        return NULL;
    }
    if (GCN_UNLIKELY(!PyList_CheckExact(headers))) {
        return start_plainly(self, status, headers, exc_info);
    }
    call->started = false; /* until all of this is found good */
    call->res->no_memo = !gcn_py_call_is_mine(call);
    if (put_status(call->res, status) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++) {
        PyObject *pair_borrowed = PyList_GET_ITEM(headers, i);
        if (GCN_UNLIKELY(!is_pair(pair_borrowed))) {
            return start_plainly(self, status, headers, exc_info);
        }
        if (put_field(call->res, pair_borrowed) < 0) {
            return NULL;
        }
    }
    call->started = true;
    return finish_start(call, headers);
}

/* Sort keyword arguments to their places. -1 with a TypeError. */
static int take_keywords(PyObject **places, PyObject *const *args, Py_ssize_t nargs,
                         PyObject *kwnames)
{
    PyObject *const names[] = {gcn_py.names.status, gcn_py.names.headers, gcn_py.names.exc_info};

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *name_borrowed = PyTuple_GET_ITEM(kwnames, i);
        size_t place = 0;
        while (place < GCN_COUNT(names) && PyUnicode_Compare(name_borrowed, names[place]) != 0) {
            place++;
        }
        if (place == GCN_COUNT(names) || places[place] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "start_response() got an unexpected or repeated keyword "
                         "argument '%U'",
                         name_borrowed);
            return -1;
        }
        places[place] = args[nargs + i];
    }
    return 0;
}

static PyObject *start_response_call(PyObject *object, PyObject *const *args, size_t nargsf,
                                     PyObject *kwnames)
{
    struct gcn_py_bound *self = (struct gcn_py_bound *)object;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *places[3] = {NULL, NULL, NULL}; /* borrowed: status, headers, exc_info */

    if (nargs == 2 && kwnames == NULL) {
        return start(self, args[0], args[1], NULL);
    }
    for (Py_ssize_t i = 0; i < nargs && i < (Py_ssize_t)GCN_COUNT(places); i++) {
        places[i] = args[i];
    }
    if (kwnames != NULL && take_keywords(places, args, nargs, kwnames) < 0) {
        return NULL;
    }
    if (nargs > (Py_ssize_t)GCN_COUNT(places) || places[0] == NULL || places[1] == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "start_response(status, headers, exc_info=None) was called "
                     "with %zd positional arguments",
                     nargs);
        return NULL;
    }
    return start(self, places[0], places[1], places[2]);
}

static PyObject *write_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    struct gcn_py_call *call = ((struct gcn_py_bound *)self)->call;

    if (PyVectorcall_NARGS(nargsf) != 1 || kwnames != NULL) {
        PyErr_SetString(PyExc_TypeError, "write() takes one argument, the bytes");
        return NULL;
    }
    if (call == NULL) {
        refuse_late("write()");
        return NULL;
    }
    PyObject *bytes = args[0];
    if (!PyBytes_Check(bytes)) {
        PyErr_Format(PyExc_TypeError, "write() takes bytes, not %.100s", Py_TYPE(bytes)->tp_name);
        return NULL;
    }
    if (call->res->ended) {
        refuse_late("write()");
        return NULL;
    }
    if (!call->started) {
        PyErr_SetString(PyExc_AssertionError, "write() was called before start_response()");
        return NULL;
    }
    if (PyBytes_GET_SIZE(bytes) == 0) {
        Py_RETURN_NONE;
    }
    struct gcn_slice text = {PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)};
    /*
     * Only its own thread may wait for the client, or touch the connection: it sends the rest, too.
     */
    enum gcn_flush flush = gcn_py_call_is_mine(call) ? GCN_FLUSH_NOW : GCN_FLUSH_LATER;
    if (gcn_response_write(call->res, text, flush, PyBytes_CheckExact(bytes) ? bytes : NULL,
                           gcn_py_bytes_retain, gcn_py_bytes_release) == GCN_SINK_GONE) {
        PyErr_SetString(PyExc_BrokenPipeError, "the client has disconnected");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The bytes of a str or bytes in a hint. */
static int hint_text(PyObject *object, struct gcn_slice *out)
{
    if (PyBytes_Check(object)) {
        *out = (struct gcn_slice){PyBytes_AS_STRING(object), (size_t)PyBytes_GET_SIZE(object)};
        return 0;
    }
    return native("wsgi.early_hints: a name or value", object, out);
}

/* Send the pairs of `pairs`, which is plain. */
static int send_hints(struct gcn_py_call *call, PyObject *pairs)
{
    Py_ssize_t n = PyList_GET_SIZE(pairs);
    struct gcn_slice(*fields)[2] = PyMem_Calloc((size_t)n + 1, sizeof(*fields));
    int rc = -1;

    if (fields == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *pair_borrowed = PyList_GET_ITEM(pairs, i);
        if (hint_text(PyTuple_GET_ITEM(pair_borrowed, 0), &fields[i][0]) < 0 ||
            hint_text(PyTuple_GET_ITEM(pair_borrowed, 1), &fields[i][1]) < 0) {
            goto out;
        }
    }
    enum gcn_response_fault fault =
        gcn_response_early_hints(call->res, (const struct gcn_slice(*)[2])fields, (size_t)n);
    if (fault != GCN_RESPONSE_OK) {
        raise_fault("wsgi.early_hints", fault, pairs, NULL);
        goto out;
    }
    rc = 0;

out:
    PyMem_Free(fields);
    return rc;
}

static PyObject *early_hints_call(PyObject *object, PyObject *const *args, size_t nargsf,
                                  PyObject *kwnames)
{
    struct gcn_py_bound *self = (struct gcn_py_bound *)object;
    int rc = 0;

    if (PyVectorcall_NARGS(nargsf) != 1 || kwnames != NULL) {
        PyErr_SetString(PyExc_TypeError, "wsgi.early_hints takes one argument, the headers");
        return NULL;
    }
    PyObject *pairs =
        are_plain(args[0]) ? Py_NewRef(args[0]) : make_plain("wsgi.early_hints", args[0]);
    if (pairs == NULL) {
        return NULL;
    }
    if (self->call == NULL) {
        rc = refuse_late("wsgi.early_hints");
    } else if (gcn_py_call_is_mine(self->call)) {
        /* Sending is for the thread that runs the call, and hints are not waited for. */
        rc = send_hints(self->call, pairs);
    }
    Py_DECREF(pairs);
    if (rc < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *gcn_py_start_response_create(void)
{
    return gcn_py_bound_create(gcn_py.types.start_response, start_response_call);
}

PyObject *gcn_py_write_create(void)
{
    return gcn_py_bound_create(gcn_py.types.write, write_call);
}

PyObject *gcn_py_early_hints_create(void)
{
    return gcn_py_bound_create(gcn_py.types.early_hints, early_hints_call);
}

static PyTypeObject *create_type(const char *name, const char *doc)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)doc},
        {Py_tp_members, gcn_py_bound_members},
        {Py_tp_call, (void *)PyVectorcall_Call},
        {Py_tp_dealloc, (void *)gcn_py_plain_dealloc},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = name,
        .basicsize = sizeof(struct gcn_py_bound),
        .flags =
            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
        .slots = slots,
    };
    return gcn_py_type_create(&spec);
}

int gcn_py_start_response_types(void)
{
    gcn_py.types.start_response =
        create_type("gcorn.start_response", "start_response(status, headers, exc_info=None)");
    gcn_py.types.write = create_type("gcorn.write", "write(bytes)");
    gcn_py.types.early_hints = create_type("gcorn.early_hints", "early_hints(headers)");
    return gcn_py.types.start_response != NULL && gcn_py.types.write != NULL &&
                   gcn_py.types.early_hints != NULL
               ? 0
               : -1;
}
