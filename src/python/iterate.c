/* SPDX-License-Identifier: MIT */
/*
 * From what the app returned to the body of the response: a list at once and with its length, a
 * file by sendfile, anything else piece by piece as it comes.
 */
#include "iterate.h"

#include <gcorn/base/log.h>
#include <gcorn/http/response.h>

#include "call.h"
#include "exceptions.h"
#include "file_wrapper.h"
#include "start_response.h"
#include "state.h"

/* How far the sending came. */
enum progress {
    FAILED = -1, /* with an exception */
    DONE = 0,    /* all of it: the response may end */
    GONE = 1,    /* the client has left */
};

static int check_chunk(PyObject *chunk)
{
    if (GCN_LIKELY(PyBytes_Check(chunk))) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "the app must return an iterable of bytes, but there is a %.100s in it: %.200R",
                 Py_TYPE(chunk)->tp_name, chunk);
    return -1;
}

static int check_started(const struct gcn_py_call *call)
{
    if (GCN_LIKELY(call->started)) {
        return 0;
    }
    PyErr_SetString(PyExc_RuntimeError, "the app did not call start_response()");
    return -1;
}

static enum progress write_chunk(struct gcn_py_call *call, PyObject *chunk, enum gcn_flush flush)
{
    struct gcn_slice bytes = {PyBytes_AS_STRING(chunk), (size_t)PyBytes_GET_SIZE(chunk)};
    void *owner = PyBytes_CheckExact(chunk) ? chunk : NULL;

    return gcn_response_write(call->res, bytes, flush, owner, gcn_py_bytes_retain,
                              gcn_py_bytes_release) == GCN_SINK_OK
               ? DONE
               : GONE;
}

/* A list or tuple: everything is known before the first byte leaves. */
static enum progress send_sequence(struct gcn_py_call *call, PyObject *sequence)
{
    int64_t length = 0;
    enum progress progress = DONE;

    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); i++) {
        PyObject *chunk_borrowed = PySequence_Fast_GET_ITEM(sequence, i);
        if (check_chunk(chunk_borrowed) < 0) {
            return FAILED;
        }
        length += PyBytes_GET_SIZE(chunk_borrowed);
    }
    if (check_started(call) < 0) {
        return FAILED;
    }
    gcn_response_set_length(call->res, length);
    /*
     * Writing may let other threads run, and one may change the list: look at its size each time.
     */
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence) && progress == DONE; i++) {
        PyObject *chunk = Py_NewRef(PySequence_Fast_GET_ITEM(sequence, i));
        if (check_chunk(chunk) < 0) {
            progress = FAILED;
        } else if (PyBytes_GET_SIZE(chunk) > 0) {
            progress = write_chunk(call, chunk, GCN_FLUSH_LATER);
        }
        Py_DECREF(chunk);
    }
    return progress;
}

/* One piece of a body whose length is not known. */
static enum progress send_chunk(struct gcn_py_call *call, PyObject *chunk)
{
    if (check_chunk(chunk) < 0) {
        return FAILED;
    }
    if (PyBytes_GET_SIZE(chunk) == 0) {
        return DONE;
    }
    if (check_started(call) < 0) {
        return FAILED;
    }
    return write_chunk(call, chunk, GCN_FLUSH_NOW);
}

static enum progress send_iterable(struct gcn_py_call *call, PyObject *iterable)
{
    enum progress progress = DONE;
    PyObject *chunk;
    PyObject *iterator = PyObject_GetIter(iterable);

    if (iterator == NULL) {
        return FAILED;
    }
    while (progress == DONE && (chunk = PyIter_Next(iterator)) != NULL) {
        progress = send_chunk(call, chunk);
        Py_DECREF(chunk);
    }
    Py_DECREF(iterator);
    if (progress == DONE && (PyErr_Occurred() != NULL || check_started(call) < 0)) {
        return FAILED;
    }
    return progress;
}

/* How many bytes of a file the response still has room for. */
static int64_t room_of(const struct gcn_py_call *call)
{
    const struct gcn_response *res = call->res;

    if (!call->started) {
        return INT64_MAX;
    }
    return res->no_body ? 0 : res->has_length ? res->left : INT64_MAX;
}

/* The file may have no end: what is not sent is not read. */
static enum progress send_blocks(struct gcn_py_call *call, PyObject *wrapper)
{
    int64_t room;

    while ((room = room_of(call)) > 0) {
        PyObject *block = gcn_py_file_wrapper_read(wrapper, room);
        if (block == NULL) {
            return FAILED;
        }
        if (PyBytes_Check(block) && PyBytes_GET_SIZE(block) == 0) {
            Py_DECREF(block);
            return check_started(call) < 0 ? FAILED : DONE;
        }
        enum progress progress = send_chunk(call, block);
        Py_DECREF(block);
        if (progress != DONE) {
            return progress;
        }
    }
    return DONE;
}

static enum progress send_file(struct gcn_py_call *call, PyObject *wrapper)
{
    int fd = -1;
    int64_t offset = 0, left = 0;

    if (!gcn_py.options.sendfile) {
        return send_blocks(call, wrapper);
    }
    int found = gcn_py_file_wrapper_peek(wrapper, &fd, &offset, &left);
    if (found < 0 || (found > 0 && check_started(call) < 0)) {
        return FAILED;
    }
    if (found == 0) {
        return send_blocks(call, wrapper);
    }
    if (call->res->has_length && left > call->res->left) {
        left = call->res->left;
    }
    if (!gcn_response_sendfile(call->res, fd, offset, left)) {
        PyErr_SetFromErrno(PyExc_OSError);
        return FAILED;
    }
    return DONE;
}

static enum progress send_result(struct gcn_py_call *call, PyObject *result)
{
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result)) {
        return send_sequence(call, result);
    }
    if (gcn_py_is_file_wrapper(result)) {
        return send_file(call, result);
    }
    if (result == Py_None) {
        PyErr_SetString(PyExc_TypeError, "the app returned None, not an iterable of bytes");
        return FAILED;
    }
    return send_iterable(call, result);
}

/* result.close(), if there is one. An exception that is set stays; a second one is logged. */
static int close_result(const struct gcn_py_call *call, PyObject *result)
{
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result)) {
        return 0;
    }
    PyObject *first = PyErr_GetRaisedException();
    PyObject *close = NULL;
    PyObject *closed = NULL;

    int found = PyObject_GetOptionalAttr(result, gcn_py.names.close, &close);
    if (found > 0) {
        closed = PyObject_CallNoArgs(close);
    }
    Py_XDECREF(close);
    Py_XDECREF(closed);
    if (first == NULL) {
        return PyErr_Occurred() == NULL ? 0 : -1;
    }
    if (PyErr_Occurred() != NULL) {
        gcn_py_log_exception(GCN_LOG_EXCEPTION, "Error in close() after an error in request %.*s",
                             (int)call->req->head->target.len, call->req->head->target.ptr);
    }
    PyErr_SetRaisedException(first);
    return -1;
}

int gcn_py_send_body_steal(struct gcn_py_call *call, PyObject *result)
{
    enum progress progress = send_result(call, result);

    /* The client has its answer before close(), which may take its time. */
    if (progress == DONE) {
        gcn_response_end(call->res);
    }
    int closed = close_result(call, result);
    Py_DECREF(result);
    return progress == FAILED || closed < 0 ? -1 : 0;
}
